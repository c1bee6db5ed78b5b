#include "dataplane/rates.hpp"

#include <chrono>

namespace natto {
namespace {

CounterSums difference_per_second(const CounterSums& now, const CounterSums& before,
                                  std::uint64_t milliseconds) {
  CounterSums rates;
  for_each_number([milliseconds](std::uint64_t& rate, std::uint64_t a,
                                 std::uint64_t b) { rate = (a - b) * 1000 / milliseconds; },
                  rates, now, before);
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
