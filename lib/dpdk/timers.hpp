#pragma once

#include "base/result.hpp"

namespace natto {

/// DPDK's timers (rte_timer). Drivers use them: ENA's watchdog is one, armed each time the port is
/// started, on the lcore that starts it; it fires only if that lcore calls manage().
class Timers {
 public:
  /// After EAL was initialised, before the first port is started. Main lcore.
  [[nodiscard]] static Result<Timers> create();

  Timers(Timers&& other) noexcept;
  Timers& operator=(Timers&&) = delete;
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  ~Timers();

  /// Calls the timers of this lcore that are due. Main lcore, about every millisecond.
  static void manage() noexcept;

 private:
  Timers() = default;
  bool owner_ = true;
};

}  // namespace natto
