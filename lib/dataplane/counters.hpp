#pragma once

// What happened to the packets. Every thread that handles packets has Counters of its own and is
// their only writer; anyone may read at any time. Once everything is at rest,
// received = translated + consumed + the sum of drops (F7), and what the ports transmitted is
// translated - fragmented + fragments + generated.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/counter.hpp"
#include "config/model.hpp"
#include "packet/counter_list.hpp"
#include "packet/drop_reasons.hpp"

namespace natto {

/// A number for each line of the lists: one that is counted, or one that was read.
template <typename Number>
struct CounterSet {
#define X(member, ...) Number member{};
  struct Port {
    NATTO_PORT_COUNTERS(X)
  };
  struct Kernel {
    NATTO_KERNEL_COUNTERS(X)
  };

  NATTO_COUNTERS(X)
#undef X
  std::array<Number, kDropReasonCount> drops{};
  std::array<Port, kMaxPorts> ports{};
  std::array<Kernel, kMaxPorts> kernel{};

  static constexpr std::size_t kSize = kCounters.size() + kDropReasonCount +
                                       kMaxPorts * (kPortCounters.size() + kKernelCounters.size());
};

// The calls of `f` below have one counter each, of every one of the sets: f(info, a.received,
// b.received), and so on.

template <typename F, typename... Sets>
void for_each_counter(F f, Sets&... sets) {
  const CounterInfo* info = kCounters.data();
#define X(member, ...) f(*info++, sets.member...);
  NATTO_COUNTERS(X)
#undef X
}

template <typename F, typename... Ports>
void for_each_port_counter(F f, Ports&... ports) {
  const CounterInfo* info = kPortCounters.data();
#define X(member, ...) f(*info++, ports.member...);
  NATTO_PORT_COUNTERS(X)
#undef X
}

template <typename F, typename... Kernels>
void for_each_kernel_counter(F f, Kernels&... kernels) {
  const CounterInfo* info = kKernelCounters.data();
#define X(member, ...) f(*info++, kernels.member...);
  NATTO_KERNEL_COUNTERS(X)
#undef X
}

/// Every number of the sets, drops included: f(a.received, b.received), and so on.
template <typename F, typename... Sets>
void for_each_number(F f, Sets&... sets) {
  const auto without_info = [&f](const CounterInfo&, auto&... numbers) { f(numbers...); };
  for_each_counter(without_info, sets...);
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    f(sets.drops[i]...);
  }
  for (std::size_t i = 0; i < kMaxPorts; ++i) {
    for_each_port_counter(without_info, sets.ports[i]...);
    for_each_kernel_counter(without_info, sets.kernel[i]...);
  }
}

struct alignas(64) Counters : CounterSet<Counter> {
  void drop(DropReason reason, std::uint64_t n = 1) noexcept {
    drops[static_cast<std::size_t>(reason)].add(n);
  }
};

/// The sum over threads at one moment, or what such sums gained.
struct CounterSums : CounterSet<std::uint64_t> {
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t n : drops) {
      sum += n;
    }
    return sum;
  }

  CounterSums& operator+=(const Counters& counters) noexcept {
    for_each_number([](std::uint64_t& sum, const Counter& counter) { sum += counter.value(); },
                    *this, counters);
    return *this;
  }
};
static_assert(sizeof(CounterSums) == CounterSums::kSize * sizeof(std::uint64_t),
              "a number that is in no list would be forgotten in sums, rates and JSON");

[[nodiscard]] inline CounterSums sum(const std::vector<Counters>& of_threads) {
  CounterSums sums;
  for (const Counters& counters : of_threads) {
    sums += counters;
  }
  return sums;
}

}  // namespace natto
