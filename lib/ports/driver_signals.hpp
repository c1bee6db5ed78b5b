#pragma once

#include <atomic>
#include <cstdint>

namespace natto {

/// Why a port is reset.
enum class ResetCause : std::uint8_t {
  kNone,
  kDriverAsked,     ///< RTE_ETH_EVENT_INTR_RESET
  kRecoveryFailed,  ///< RTE_ETH_EVENT_RECOVERY_FAILED
  kCountersTold,    ///< WatchedCounter::needs_reset, or AnswerWatch
};

/// The signals of a port's driver that control has not acted on yet. The driver signals on any
/// thread, at any moment, as often as it likes; control reads them at its next step. The last
/// signal counts, except that a requested reset is made in any case.
class DriverSignals {
 public:
  /// Any thread. The driver needs a reset of the port; if it was recovering it, it has given up.
  void reset_wanted(ResetCause cause) noexcept {
    wish_.store(cause);
    recovering_.store(false);
  }
  /// Any thread. The driver has begun to recover the port itself, or repeats that it does.
  void recovering() noexcept { recovering_.store(true); }
  /// Any thread. The driver has recovered the port.
  void recovered() noexcept { recovering_.store(false); }

  /// Control: the driver recovers the port, and nobody else may call it.
  [[nodiscard]] bool is_recovering() const noexcept { return recovering_.load(); }
  /// Control: takes the request for a reset, which control then makes.
  [[nodiscard]] ResetCause take_reset_wish() noexcept { return wish_.exchange(ResetCause::kNone); }

 private:
  std::atomic<ResetCause> wish_{ResetCause::kNone};
  std::atomic<bool> recovering_{false};
};

}  // namespace natto
