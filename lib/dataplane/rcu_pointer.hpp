#pragma once

// How control and the reloader replace what workers read: a RcuPointer<T> is a pointer to an
// immutable T. Workers read it once per poll, and then say that they hold none
// (Quiescence::report); the replaced T is let go when every worker has said so since. Workers never
// wait; a worker that stalls delays the free. This is DPDK's rte_rcu_qsbr. Everyone else holds a T
// by shared ownership.

#include <rte_rcu_qsbr.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace natto {

/// The workers' side of reclamation, shared by everything that is published to them.
class Quiescence {
 public:
  [[nodiscard]] static Result<Quiescence> create(unsigned max_workers);

  /// Worker thread, before its first read and after its last one.
  void enter(unsigned worker) noexcept;
  void leave(unsigned worker) noexcept;

  /// Worker thread, between polls: it holds nothing that was published.
  void report(unsigned worker) noexcept { rte_rcu_qsbr_quiescent(state_.get(), worker); }

  /// Any thread: a token for the moment now.
  [[nodiscard]] std::uint64_t start() noexcept { return rte_rcu_qsbr_start(state_.get()); }
  /// Any thread: whether every worker was quiescent since `token`'s moment. Never waits.
  [[nodiscard]] bool passed(std::uint64_t token) noexcept {
    return rte_rcu_qsbr_check(state_.get(), token, false) == 1;
  }

 private:
  struct Free {
    void operator()(rte_rcu_qsbr* state) const noexcept { std::free(state); }
  };

  Quiescence() = default;
  std::unique_ptr<rte_rcu_qsbr, Free> state_;
};

template <typename T>
class RcuPointer {
 public:
  explicit RcuPointer(std::shared_ptr<const T> first) noexcept
      : current_(first.get()), owner_(std::move(first)) {}
  RcuPointer(const RcuPointer&) = delete;
  RcuPointer& operator=(const RcuPointer&) = delete;
  ~RcuPointer() = default;  // no worker reads any more

  /// Worker: the T to use until its next quiescent report.
  [[nodiscard]] const T& read() const noexcept { return *current_.load(std::memory_order_acquire); }

  /// Any other thread: what is published.
  [[nodiscard]] std::shared_ptr<const T> hold() const {
    const std::lock_guard lock(mutex_);
    return owner_;
  }

  /// One thread at a time: from now on workers that read get `next`.
  void publish(std::shared_ptr<const T> next, Quiescence& quiescence) {
    const std::lock_guard lock(mutex_);
    retired_.push_back({owner_, 0});
    current_.store(next.get(), std::memory_order_release);
    owner_ = std::move(next);
    retired_.back().token = quiescence.start();
  }

  /// Any thread but workers, now and then: lets go of what no worker can hold any more, nor
  /// `has_pending` anything, the oldest first. Returns how many replaced Ts are left.
  template <typename HasPending>
  std::size_t reclaim(Quiescence& quiescence, HasPending has_pending) {
    std::vector<std::shared_ptr<const T>> freed;  // once the lock is: that may take long
    const std::lock_guard lock(mutex_);
    while (!retired_.empty() && quiescence.passed(retired_.front().token) &&
           !has_pending(*retired_.front().value)) {
      freed.push_back(std::move(retired_.front().value));
      retired_.pop_front();
    }
    return retired_.size();
  }
  std::size_t reclaim(Quiescence& quiescence) {
    return reclaim(quiescence, [](const T&) { return false; });
  }

 private:
  struct Retired {
    std::shared_ptr<const T> value;
    std::uint64_t token;
  };

  std::atomic<const T*> current_;
  mutable std::mutex mutex_;  ///< guards owner_ and retired_; workers never take it
  std::shared_ptr<const T> owner_;
  std::deque<Retired> retired_;
};

}  // namespace natto
