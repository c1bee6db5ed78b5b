#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/burst.hpp"
#include "dataplane/worker.hpp"

namespace natto {

/// The packet path of one worker: it owns queue `worker` of every port and runs each packet to
/// completion. pipeline.cpp is a packet's whole way through natto.
///
/// Used by one thread. Never blocks, allocates from the heap, logs or throws.
class Pipeline {
 public:
  Pipeline(Dataplane& dataplane, std::uint16_t worker) : worker_(dataplane, worker) {}

  /// Takes at most one burst from every port, and sends it on. Returns the packets received.
  std::size_t poll() noexcept;

  /// Adds all pending counts to the mappings' counters: after the last poll.
  void flush() noexcept;

 private:
  void forward(Burst& burst) noexcept;
  void forward_watched(Burst& burst) noexcept;
  void flush_some(bool idle) noexcept;

  Worker worker_;
};

}  // namespace natto
