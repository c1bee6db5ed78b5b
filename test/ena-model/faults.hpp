#pragma once

// What is wrong with a card. Each is set by a line of text (see faults.cpp), and read by the part
// that misbehaves.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace ena_model {

struct Faults {
  bool keep_alive = true;
  bool link = true;
  bool receives = true;  ///< otherwise nothing is taken from the wire
  bool dead = false;     ///< answers nothing, for good
  bool mtu_refused = false;
  bool reset_hangs = false;
  std::uint32_t resets_failing = 0;  ///< so many resets never come to an end
  std::chrono::milliseconds reset_delay{0};
  std::uint32_t creation_failing = 0;  ///< the n-th queue creation from now fails; 0: none
  bool admin_silent = false;
  std::chrono::milliseconds admin_delay{0};
  std::chrono::milliseconds admin_timeout{0};  ///< in place of the card's, if it is not 0
  std::uint32_t admin_failing = 0;             ///< so many commands
  std::uint32_t feature_failing = 0;           ///< the feature of this number cannot be read
  std::uint32_t tx_completions_lost = 0;
  bool tx_completions_held = false;
  std::uint32_t tx_completions_doubled = 0;
  std::uint32_t tx_ids_wrong = 0;
  std::uint32_t rx_ids_wrong = 0;
  std::uint32_t lone_rx_ids_wrong = 0;  ///< in completions that come alone: see receive.cpp
  std::uint32_t warnings = 0;           ///< events to be sent at once
  std::uint32_t fatal_events = 0;
  std::uint32_t spurious_interrupts = 0;

  /// One more of `count`, if there are any left.
  [[nodiscard]] static bool take(std::uint32_t& count) { return count != 0 && count-- != 0; }
  /// Whether this creation of a queue is the one that fails.
  [[nodiscard]] bool fails_creation() { return take(creation_failing) && creation_failing == 0; }

  /// "keep-alive off" and the like; empty, or what is wrong with the command.
  [[nodiscard]] std::string set(std::string_view command);
};

}  // namespace ena_model
