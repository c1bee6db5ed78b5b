#pragma once

#include <atomic>
#include <cstdint>

namespace natto {

/// Why a port is reset.
enum class ResetCause : std::uint8_t {
  kNone,
  kDriverAsked,     ///< RTE_ETH_EVENT_INTR_RESET
  kRecoveryFailed,  ///< RTE_ETH_EVENT_RECOVERY_FAILED
};

/// What a port's driver has said of it and control has not acted on yet. The driver speaks on any
/// thread, at any moment, as often as it likes; control reads when it comes by. What counts is what
/// was said last, except that a reset, once asked for, is made in any case.
class DriverSignals {
 public:
  /// Any thread. The driver needs a reset of the port; if it was recovering it, it has given up.
  void reset_wanted(ResetCause cause) noexcept {
    wish_.store(cause);
    recovering_.store(false);
  }
  /// Any thread. The driver has begun to recover the port itself, or says so again.
  void recovering() noexcept { recovering_.store(true); }
  /// Any thread. It has done so.
  void recovered() noexcept { recovering_.store(false); }

  /// Control: nobody may call the driver now but the driver.
  [[nodiscard]] bool is_recovering() const noexcept { return recovering_.load(); }
  /// Control: the wish for a reset, which it grants from now on.
  [[nodiscard]] ResetCause take_reset_wish() noexcept { return wish_.exchange(ResetCause::kNone); }

 private:
  std::atomic<ResetCause> wish_{ResetCause::kNone};
  std::atomic<bool> recovering_{false};
};

}  // namespace natto
