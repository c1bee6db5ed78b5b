#include "dpdk/timers.hpp"

#include <rte_timer.h>

#include <cerrno>
#include <utility>

#include "dpdk/error.hpp"

namespace natto {

Result<Timers> Timers::create() {
  if (const int error = rte_timer_subsystem_init(); error < 0 && error != -EALREADY) {
    return dpdk_error("start", "DPDK's timers", error);
  }
  return Timers();
}

Timers::Timers(Timers&& other) noexcept : owner_(std::exchange(other.owner_, false)) {}

Timers::~Timers() {
  if (owner_) {
    rte_timer_subsystem_finalize();
  }
}

void Timers::manage() noexcept { static_cast<void>(rte_timer_manage()); }

}  // namespace natto
