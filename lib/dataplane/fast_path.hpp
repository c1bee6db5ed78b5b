#pragma once

#include "dataplane/burst.hpp"
#include "dataplane/worker.hpp"

namespace natto {

/// Translates plain packets of which the worker's caches hold both addresses, or the pair of them
/// where there is more to ask (Worker::asks_pairs), which nearly all packets are, and leaves all
/// others to the slow path. It drops only what the policy refuses.
///
/// Of what decide() asks (packet/decision.hpp), it asks of each packet:
///  - the new destination is no directed broadcast of its port (R22),
///  - total length within the MTU of the port it leaves by (R15, R16),
///  - whether the policy lets it pass (P1 - P6), and whether it keeps the limits (P10),
/// and that the next hop's MAC address is known (R25).
///
/// The plain shape (packet/plain.hpp) makes needless: all that parse() refuses, TTL (R14), ICMP
/// errors (R26 - R36), a source that is the destination (H11), the directed broadcast of the port
/// that it came from (R22). Fragments are taken where addresses are all that is asked. Addresses in
/// a cache, which holds only what the table holds, make needless: unmapped and impostor sources
/// (R24, H11), martian, multicast, broadcast and own addresses (R21, R22), which no table holds
/// (R12).
///
/// Where a port clamps the MSS, it does that too (R41).
///
/// Reads in, received_tsc, size, packets. Writes packets' bytes, slow, unknown, leaving,
/// oversized, out_ports and out.
void fast_path(Burst& burst, Worker& worker) noexcept;

}  // namespace natto
