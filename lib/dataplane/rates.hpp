#pragma once

#include <mutex>

#include "base/instant.hpp"
#include "dataplane/counters.hpp"

namespace natto {

/// What the counters gained in the last full second.
class Rates {
 public:
  /// Control, as often as it likes; counts once a second.
  void sample(Instant now, const CounterSums& sums);

  /// Any thread but workers. Zero in the first second.
  [[nodiscard]] CounterSums per_second() const;

 private:
  Instant last_{};
  bool has_last_ = false;
  CounterSums last_sums_;

  mutable std::mutex mutex_;  ///< guards per_second_
  CounterSums per_second_;
};

}  // namespace natto
