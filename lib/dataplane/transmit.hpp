#pragma once

#include "dataplane/burst.hpp"
#include "dataplane/worker.hpp"

namespace natto {

/// Sends the packets of `leaving`, in order, each by its port; those of `oversized` in fragments.
/// What a port does not take is dropped and counted. Reads leaving, oversized, out_ports, out and
/// packets, which it may move.
void transmit(Burst& burst, Worker& worker) noexcept;

/// Worker 0: sends what control made, or held back until it knew the next hop: control owns no
/// transmit queue.
void transmit_for_control(Worker& worker) noexcept;

}  // namespace natto
