#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace natto::bench {

/// Counts values by their size, exact to one part in 32, in constant memory.
class Histogram {
 public:
  void add(std::uint64_t value) {
    ++counts_[place_of(value)];
    ++total_;
  }

  /// The least value that a place for `share` of all holds; 0 without any.
  [[nodiscard]] std::uint64_t at(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t place = 0; place < counts_.size(); ++place) {
      seen += counts_[place];
      if (seen > wanted) {
        return value_of(place);
      }
    }
    return 0;
  }

 private:
  static constexpr unsigned kBits = 5;

  /// Values below 64 have a place each. Larger ones share it with those of the same first six bits.
  static std::size_t place_of(std::uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = width > kBits + 1 ? width - kBits - 1 : 0;
    return (std::size_t{shift} << kBits) + static_cast<std::size_t>(value >> shift);
  }
  static std::uint64_t value_of(std::size_t place) {
    const std::size_t shift = place < std::size_t{2} << kBits ? 0 : (place >> kBits) - 1;
    return static_cast<std::uint64_t>(place - (shift << kBits)) << shift;
  }

  std::array<std::uint64_t, std::size_t{66 - kBits} << kBits> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace natto::bench
