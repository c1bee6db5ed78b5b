#pragma once

// How control replaces what workers read: a Published<T> is a pointer to an immutable T. Workers
// read it once per burst and say so when they hold none (report_quiescent); the replaced T is freed
// when every worker has said so since. Workers never wait; a worker that stalls delays the free.
// This is DPDK's rte_rcu_qsbr.

#include <rte_rcu_qsbr.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <utility>

#include "base/result.hpp"

namespace natto {

/// The workers' side of reclamation, shared by everything that is published to them.
class Quiescence {
 public:
  [[nodiscard]] static Result<Quiescence> create(unsigned max_workers);

  /// Worker thread, before its first read and after its last one.
  void enter(unsigned worker) noexcept;
  void leave(unsigned worker) noexcept;

  /// Worker thread, between bursts: it holds nothing that was published.
  void report(unsigned worker) noexcept { rte_rcu_qsbr_quiescent(state_.get(), worker); }

  /// Control thread: a token for the moment now.
  [[nodiscard]] std::uint64_t start() noexcept { return rte_rcu_qsbr_start(state_.get()); }
  /// Control thread: whether every worker was quiescent since `token`'s moment. Never waits.
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
class Published {
 public:
  explicit Published(std::unique_ptr<const T> first) noexcept : current_(first.release()) {}
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;
  /// No worker reads any more.
  ~Published() { delete current_.load(std::memory_order_relaxed); }

  /// Worker: the T to use until its next quiescent report. Control: what is published.
  [[nodiscard]] const T& read() const noexcept { return *current_.load(std::memory_order_acquire); }

  /// Control: from now on workers that read get `next`.
  void publish(std::unique_ptr<const T> next, Quiescence& quiescence) {
    std::unique_ptr<const T> old(current_.exchange(next.release(), std::memory_order_acq_rel));
    retired_.push_back({std::move(old), quiescence.start()});
  }

  /// Control, now and then: frees what no worker can hold any more.
  void reclaim(Quiescence& quiescence) {
    while (!retired_.empty() && quiescence.passed(retired_.front().token)) {
      retired_.pop_front();
    }
  }

 private:
  struct Retired {
    std::unique_ptr<const T> value;
    std::uint64_t token;
  };

  std::atomic<const T*> current_;
  std::deque<Retired> retired_;
};

}  // namespace natto
