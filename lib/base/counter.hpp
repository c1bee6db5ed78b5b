#pragma once

#include <atomic>
#include <cstdint>

namespace natto {

/// A number with one writer and any readers: plain loads and stores, no locked instruction.
template <typename Number>
class BasicCounter {
 public:
  void add(Number n) noexcept { set(value() + n); }
  void set(Number value) noexcept { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] Number value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<Number> value_{0};
};

using Counter = BasicCounter<std::uint64_t>;

}  // namespace natto
