#pragma once

#include <algorithm>
#include <utility>

#include "dataplane/counters.hpp"

namespace natto {

/// Whether a device needs a reset because its counters cannot be read any more. Its driver should
/// notice such a device; ENA's does not once it has stopped its watchdog (watched_counters.hpp).
/// A device that never answered has no counters, and needs nothing. Control's alone.
class AnswerWatch {
 public:
  using Traffic = CounterSums::Port;

  /// Without an answer so often in a row, a device does not answer.
  static constexpr unsigned kUnanswered = 5;
  /// It grows to this while resets are no help.
  static constexpr unsigned kMostUnanswered = 320;

  void answered() noexcept {
    *this = AnswerWatch();
    can_answer_ = true;
  }
  /// The device was reset, whatever for.
  void was_reset() noexcept { unanswered_ = 0; }

  /// There was no answer. `traffic`: the port's so far. Returns whether the device is to be reset.
  /// One reset is enough for a device that only refuses its counters: packets still come and go.
  [[nodiscard]] bool unanswered(const Traffic& traffic) noexcept {
    if (unanswered_++ == 0) {
      before_ = traffic;
    }
    if (!can_answer_ || unanswered_ < needed_) {
      return false;
    }
    unanswered_ = 0;
    const bool come_and_go = traffic.received != before_.received &&  //
                             traffic.transmitted != before_.transmitted;
    if (std::exchange(is_reset_, true) && come_and_go) {
      return false;
    }
    needed_ = std::min(2 * needed_, kMostUnanswered);
    return true;
  }

 private:
  bool can_answer_ = false;
  bool is_reset_ = false;    ///< and has not answered since
  unsigned unanswered_ = 0;  ///< in a row
  unsigned needed_ = kUnanswered;
  Traffic before_;  ///< when the first of these answers was missed
};

}  // namespace natto
