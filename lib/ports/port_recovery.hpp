#pragma once

// Brings a port back when its device fails. A state machine without clock or device: the caller
// passes the time, and what it does to the port goes through RecoverablePort. Control thread only.
//
//              the driver asks for a reset,
//              or recovers the port itself             no worker is inside
//    in use ------------------------------> leaving ------------------------> out of use
//      ^                                                                      |  |    ^
//      |       the driver has recovered it; or: reset and set up again        |  |    |
//      +----------------------------------------------------------------------+  +----+
//                                                                     the reset failed: a pause
//
// While the driver recovers the port itself nothing is called (rte_ethdev.h,
// RTE_ETH_EVENT_ERR_RECOVERING). A reset that failed is tried again, for ever, after pauses that
// double; so is one that is asked for again soon after the last, since each holds up control.

#include <cstdint>
#include <optional>
#include <string>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "ports/driver_signals.hpp"

namespace natto {

/// What recovery does to a port.
class RecoverablePort {
 public:
  RecoverablePort() = default;
  RecoverablePort(const RecoverablePort&) = delete;
  RecoverablePort& operator=(const RecoverablePort&) = delete;

  /// From now on workers do not enter the port.
  virtual void take_out_of_use() = 0;
  /// Whether no worker is inside any more. Never waits.
  [[nodiscard]] virtual bool is_left() = 0;
  /// Resets the device and sets it up again as it was.
  [[nodiscard]] virtual Status reset() = 0;
  /// Workers may use the port.
  virtual void put_into_use() = 0;

 protected:
  ~RecoverablePort() = default;
};

class PortRecovery {
 public:
  /// Before the second reset in a row, the third, ...: doubling, up to the longest.
  static constexpr Instant kFirstPause{100};
  static constexpr Instant kLongestPause{1'000};
  /// In use for so long, a port's next reset is none in a row.
  static constexpr Instant kCalm{10'000};
  /// When so many in a row have failed, the device counts as dead. Then pauses grow on, since
  /// attempts hold up control, and with it the other ports.
  static constexpr unsigned kDeadAfter = 5;
  static constexpr Instant kLongestPauseWhenDead{10'000};

  enum class State : std::uint8_t {
    kInUse,
    kRecovering,  ///< out of use: the driver recovers it
    kResetting,   ///< out of use: until a reset succeeds
    kDead,        ///< out of use: so were the last kDeadAfter resets
  };

  /// Something to be logged.
  struct Notice {
    bool is_trouble;
    std::string text;
  };

  PortRecovery(DriverSignals& signals, RecoverablePort& port) noexcept
      : signals_(signals), port_(port) {}

  /// Does what is due at `now`: at most one change of state, which it returns. May call the driver,
  /// which may take seconds.
  std::optional<Notice> step(Instant now);

  [[nodiscard]] State state() const noexcept;
  /// Successful ones so far, and those that failed.
  [[nodiscard]] std::uint64_t resets() const noexcept { return resets_; }
  [[nodiscard]] std::uint64_t failed_resets() const noexcept { return failed_resets_; }
  /// Times that the driver has recovered the port itself.
  [[nodiscard]] std::uint64_t recoveries() const noexcept { return recoveries_; }
  /// Of the last reset, or the one that is due.
  [[nodiscard]] ResetCause cause() const noexcept { return cause_; }

 private:
  enum class Phase : std::uint8_t { kInUse, kLeaving, kOutOfUse };

  void hear_wish();
  [[nodiscard]] Notice leave(Instant now);
  [[nodiscard]] Notice try_reset();
  [[nodiscard]] Notice failed(const Error& error);
  [[nodiscard]] bool pause_is_over(Instant now);
  void come_back();

  DriverSignals& signals_;
  RecoverablePort& port_;
  Phase phase_ = Phase::kInUse;
  bool must_reset_ = false;
  ResetCause cause_ = ResetCause::kNone;
  std::optional<Instant> in_use_since_;  ///< none: not seen in use yet
  Instant pause_{};                      ///< before the next reset
  std::optional<Instant> next_reset_;    ///< none: not known yet
  std::uint64_t resets_ = 0;
  std::uint64_t failed_resets_ = 0;
  unsigned failed_in_a_row_ = 0;
  std::uint64_t recoveries_ = 0;
};

}  // namespace natto
