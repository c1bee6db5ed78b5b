#pragma once

#include <rte_cycles.h>

#include <chrono>
#include <cstdint>

#include "api/reports/reports.hpp"

namespace natto::api {

/// Turns TSC values of the last days into times.
class TscTimes {
 public:
  /// 0 stays 0: never.
  [[nodiscard]] std::uint64_t unix_ms(std::uint64_t tsc) const {
    if (tsc == 0) {
      return 0;
    }
    const std::uint64_t age = now_tsc_ > tsc ? now_tsc_ - tsc : 0;
    return now_ms_ - static_cast<std::uint64_t>(static_cast<double>(age) * 1000.0 /
                                                static_cast<double>(rte_get_tsc_hz()));
  }

 private:
  std::uint64_t now_tsc_ = rte_rdtsc();
  std::uint64_t now_ms_ = unix_milliseconds(std::chrono::system_clock::now());
};

}  // namespace natto::api
