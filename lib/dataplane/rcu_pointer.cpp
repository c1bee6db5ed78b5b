#include "dataplane/rcu_pointer.hpp"

#include <rte_errno.h>

#include "dpdk/error.hpp"

namespace natto {

Result<Quiescence> Quiescence::create(unsigned max_workers) {
  const std::size_t size = rte_rcu_qsbr_get_memsize(max_workers);
  Quiescence quiescence;
  quiescence.state_.reset(
      static_cast<rte_rcu_qsbr*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, size)));
  if (!quiescence.state_) {
    return dpdk_error("allocate", "the workers' RCU state", ENOMEM);
  }
  if (rte_rcu_qsbr_init(quiescence.state_.get(), max_workers) != 0) {
    return dpdk_error("set up", "the workers' RCU state", rte_errno);
  }
  return quiescence;
}

void Quiescence::enter(unsigned worker) noexcept {
  rte_rcu_qsbr_thread_register(state_.get(), worker);
  rte_rcu_qsbr_thread_online(state_.get(), worker);
}

void Quiescence::leave(unsigned worker) noexcept {
  rte_rcu_qsbr_thread_offline(state_.get(), worker);
  rte_rcu_qsbr_thread_unregister(state_.get(), worker);
}

}  // namespace natto
