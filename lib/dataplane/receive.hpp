#pragma once

#include "dataplane/burst.hpp"
#include "dataplane/worker.hpp"

namespace natto {

/// Takes a burst from the worker's queue of port `in`, which is in use. Where software RSS is on,
/// worker 0 keeps its own share and gives the others theirs.
///
/// Writes in, received_tsc, size and packets; counts as received, or as dropped, what is not in
/// the burst. `received`: what came from the port, `size` or more.
[[nodiscard]] Burst receive(const PortContext& in, Worker& worker, std::size_t& received) noexcept;

/// What worker 0, which counted it, received from port `in` for this worker (software RSS). Writes
/// the same.
[[nodiscard]] Burst receive_from_worker_0(const PortContext& in, Worker& worker,
                                          std::size_t& received) noexcept;

}  // namespace natto
