#pragma once

#include <cstdint>

namespace natto {

/// Lets so many things pass in each second. The caller passes the time, in ticks of any length. One
/// thread.
class PerSecond {
 public:
  /// `most`: 0 lets everything pass.
  PerSecond(std::uint64_t most, std::uint64_t ticks_per_second) noexcept
      : most_(most), ticks_per_second_(ticks_per_second) {}

  [[nodiscard]] bool take(std::uint64_t now) noexcept {
    if (most_ == 0) {
      return true;
    }
    const std::uint64_t second = now / ticks_per_second_;
    if (second > second_) {  // what comes a little late counts for this one
      second_ = second;
      taken_ = 0;
    }
    return taken_ < most_ && ++taken_ != 0;
  }

 private:
  std::uint64_t most_;
  std::uint64_t ticks_per_second_;
  std::uint64_t second_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace natto
