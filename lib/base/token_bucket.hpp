#pragma once

#include <algorithm>
#include <cstdint>

namespace natto {

/// Lets `rate` things a second pass, and up to `burst` at once after a quiet time. The caller
/// passes the time, in ticks of any length. One thread.
class TokenBucket {
 public:
  struct Limits {
    std::uint32_t rate;   ///< per second; 0 lets nothing through
    std::uint32_t burst;  ///< at least 1
  };

  TokenBucket(Limits limits, std::uint64_t ticks_per_second) noexcept
      : rate_(limits.rate),
        ticks_per_token_(ticks_per_token(limits.rate, ticks_per_second)),
        burst_ticks_(ticks_per_token_ * limits.burst) {}

  /// Whether one more might pass at `now`, which never goes back.
  [[nodiscard]] bool has(std::uint64_t now) noexcept {
    if (rate_ == 0) {
      return false;
    }
    if (!started_) {
      started_ = true;
      saved_ticks_ = burst_ticks_;
    } else {
      saved_ticks_ = std::min(burst_ticks_, saved_ticks_ + (now - last_));
    }
    last_ = now;
    return saved_ticks_ >= ticks_per_token_;
  }

  /// Whether one more may pass at `now`, which never goes back; if so, it has passed.
  [[nodiscard]] bool take(std::uint64_t now) noexcept {
    if (!has(now)) {
      return false;
    }
    saved_ticks_ -= ticks_per_token_;
    return true;
  }

 private:
  static std::uint64_t ticks_per_token(std::uint32_t rate, std::uint64_t per_second) noexcept {
    return rate == 0 ? 0 : std::max<std::uint64_t>(1, per_second / rate);
  }

  std::uint32_t rate_;
  std::uint64_t ticks_per_token_;
  std::uint64_t burst_ticks_;
  std::uint64_t saved_ticks_ = 0;
  std::uint64_t last_ = 0;
  bool started_ = false;
};

}  // namespace natto
