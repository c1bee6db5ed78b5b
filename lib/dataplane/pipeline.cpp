#include "dataplane/pipeline.hpp"

#include "dataplane/fast_path.hpp"
#include "dataplane/receive.hpp"
#include "dataplane/slow_path.hpp"
#include "dataplane/tap.hpp"
#include "dataplane/transmit.hpp"

namespace natto {

// A packet's way through natto, from the port it came from to the port it leaves by. A burst moves
// through the stages together. Plain packets between addresses that the worker's caches hold,
// nearly all there are, take the fast path; all others take the slow path, which would do the same
// with those. A packet that a stage does not forward leaves the burst there: dropped under one
// reason, or punted to the control thread.
std::size_t Pipeline::poll() noexcept {
  worker_.begin_poll();
  std::size_t received = 0;
  for (const PortContext& in : worker_.dataplane.ports) {
    if (in.software_rss && worker_.index != 0) {
      Burst burst = receive_from_worker_0(in, worker_, received);
      forward(burst);
    }
    if (worker_.ports_in_use.contains(in.realm)) [[likely]] {
      Burst burst = receive(in, worker_, received);
      forward(burst);
    }
  }
  if (worker_.index == 0) {
    transmit_for_control(worker_);
  }
  if (worker_.tap != nullptr) [[unlikely]] {
    worker_.tap->publish();
  }
  if (received == 0) {
    flush_some(/*idle=*/true);
  }
  return received;
}

void Pipeline::forward(Burst& burst) noexcept {
  if (burst.size == 0) {
    return;
  }
  if (worker_.tap != nullptr) [[unlikely]] {
    forward_watched(burst);
  } else {
    fast_path(burst, worker_);
    slow_path(burst, worker_);
    transmit(burst, worker_);
  }
  flush_some(/*idle=*/false);
}

// The same while somebody captures.
void Pipeline::forward_watched(Burst& burst) noexcept {
  Tap& tap = *worker_.tap;
  tap.arrive(burst, worker_.table->version());
  fast_path(burst, worker_);
  slow_path(burst, worker_);
  tap.leave(burst);
  transmit(burst, worker_);
  tap.done();
}

// A little at a time, so that no poll takes long.
void Pipeline::flush_some(bool idle) noexcept {
  worker_.cache.pending().flush_some(idle);
  worker_.pairs.pending().flush_some(idle);
  const std::uint64_t oldest = worker_.oldest_pending_version();
  std::atomic<std::uint64_t>& told = worker_.activity.oldest_pending_version;
  if (told.load(std::memory_order_relaxed) != oldest) {
    told.store(oldest, std::memory_order_release);
  }
}

void Pipeline::flush() noexcept {
  worker_.cache.pending().flush_all();
  worker_.pairs.pending().flush_all();
  worker_.activity.oldest_pending_version.store(0, std::memory_order_release);
}

}  // namespace natto
