#pragma once

// Which of a driver's counters mean that packets are lost before natto sees them or after it sent
// them, and what to do about each.

#include <string>
#include <string_view>

namespace natto {

struct WatchedCounter {
  std::string_view name;     ///< or the end of the name
  std::string_view meaning;  ///< a sentence without a full stop, at most 127 bytes
  std::string_view advice;   ///< a sentence without a full stop, at most 127 bytes
  bool is_level = false;     ///< it is what is left: a change is no news
  /// The driver needs a reset when it has counted this, and does not ask for one. ENA's, up to DPDK
  /// 26.07, even stops its watchdog then: ena_trigger_reset in the burst functions sets the flag
  /// with which ena_timer_wd_callback returns at once.
  bool needs_reset = false;
};

/// The entry for a counter of that name, or null if it needs no watching.
[[nodiscard]] const WatchedCounter* find_watched_counter(std::string_view name);

/// "rx_q*_errors" of "rx_q12_errors": queues are counted together.
[[nodiscard]] std::string without_queue(std::string_view name);

}  // namespace natto
