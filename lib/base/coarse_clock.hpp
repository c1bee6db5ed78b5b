#pragma once

#include <bit>
#include <cstdint>

namespace natto {

/// A moment, exact enough for "last used", in units of a CoarseClock. 0: never.
using CoarseTime = std::uint32_t;

/// Time since a start, in units of a power of two of TSC cycles that are at least 1/16 s and at
/// most 1/8 s long: 32 bits last for eight years. Any thread.
class CoarseClock {
 public:
  /// `tsc_hz`: some GHz on x86, but 121.875 MHz on a Graviton2, where DPDK's TSC is Arm's generic
  /// timer. `start_tsc`: before every moment that is converted, and not 0. The TSC itself may have
  /// counted for longer than 32 bits last.
  constexpr CoarseClock(std::uint64_t tsc_hz, std::uint64_t start_tsc) noexcept
      : start_tsc_(start_tsc), shift_(static_cast<unsigned>(std::bit_width(tsc_hz / 16))) {}

  [[nodiscard]] constexpr CoarseTime at(std::uint64_t tsc) const noexcept {
    return static_cast<CoarseTime>((tsc - start_tsc_) >> shift_) + 1;
  }
  /// The TSC when that moment began, or 0 for never.
  [[nodiscard]] constexpr std::uint64_t tsc_of(CoarseTime time) const noexcept {
    return time == 0 ? 0 : start_tsc_ + ((std::uint64_t{time} - 1) << shift_);
  }

 private:
  std::uint64_t start_tsc_;
  unsigned shift_;
};

}  // namespace natto
