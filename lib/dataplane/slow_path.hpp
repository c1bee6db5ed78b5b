#pragma once

#include "dataplane/burst.hpp"
#include "dataplane/worker.hpp"

namespace natto {

/// Parses, looks up and decides about the packets of `slow`, and translates those that go on. What
/// does not go on is dropped or punted, and leaves `leaving`.
///
/// Reads in, received_tsc, packets, slow. Writes packets and their bytes, slow_packets; and
/// leaving, oversized, out_ports and out, which it shares with the fast path.
void slow_path(Burst& burst, Worker& worker) noexcept;

}  // namespace natto
