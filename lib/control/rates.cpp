#include "control/rates.hpp"

#include <chrono>

namespace natto {
namespace {

CounterSums difference_per_second(const CounterSums& now, const CounterSums& before,
                                  std::uint64_t milliseconds) {
  const auto rate = [milliseconds](std::uint64_t a, std::uint64_t b) {
    return (a - b) * 1000 / milliseconds;
  };
  CounterSums rates;
  rates.received = rate(now.received, before.received);
  rates.translated = rate(now.translated, before.translated);
  rates.consumed = rate(now.consumed, before.consumed);
  rates.generated = rate(now.generated, before.generated);
  rates.fragmented = rate(now.fragmented, before.fragmented);
  rates.fragments = rate(now.fragments, before.fragments);
  rates.quoted_checksum_bad = rate(now.quoted_checksum_bad, before.quoted_checksum_bad);
  for (std::size_t i = 0; i < rates.drops.size(); ++i) {
    rates.drops[i] = rate(now.drops[i], before.drops[i]);
  }
  for (std::size_t i = 0; i < rates.ports.size(); ++i) {
    rates.ports[i] = {.received = rate(now.ports[i].received, before.ports[i].received),
                      .transmitted = rate(now.ports[i].transmitted, before.ports[i].transmitted)};
  }
  return rates;
}

}  // namespace

void Rates::sample(Instant now, const CounterSums& sums) {
  const Instant passed = now - last_;
  if (has_last_ && passed < Instant(1000)) {
    return;
  }
  if (has_last_) {
    const std::lock_guard lock(mutex_);
    per_second_ =
        difference_per_second(sums, last_sums_, static_cast<std::uint64_t>(passed.count()));
  }
  has_last_ = true;
  last_ = now;
  last_sums_ = sums;
}

CounterSums Rates::per_second() const {
  const std::lock_guard lock(mutex_);
  return per_second_;
}

}  // namespace natto
