#pragma once

// How a packet leaves the pipeline without being forwarded: it is dropped under one reason, or
// punted, which is the trade's word for giving it to the control thread.

#include "dataplane/burst.hpp"
#include "dataplane/worker.hpp"
#include "packet/verdict.hpp"

namespace natto {

/// Counts and frees a packet.
inline void drop(rte_mbuf* mbuf, DropReason reason, Worker& worker) noexcept {
  worker.counters.drop(reason);
  rte_pktmbuf_free(mbuf);
}

/// Does what `verdict`, which is not forward, says with packet `i` of `burst`. If it is a drop, the
/// packet's bytes are as they came in: control may quote them in an ICMP error. Reads in,
/// received_tsc, packets, and of the slow packet what its stage has found out.
void punt(const Burst& burst, std::size_t i, Verdict verdict, Worker& worker) noexcept;

}  // namespace natto
