#pragma once

#include <atomic>
#include <cstdint>

namespace natto {

/// A number with one writer and any readers: plain loads and stores, no locked instruction.
class Counter {
 public:
  void add(std::uint64_t n) noexcept { set(value() + n); }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace natto
