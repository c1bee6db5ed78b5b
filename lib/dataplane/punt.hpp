#pragma once

// How a packet leaves the pipeline without being forwarded: it is dropped under one reason, or
// punted, which is the trade's word for giving it to the control thread.

#include <span>

#include "dataplane/burst.hpp"
#include "dataplane/worker.hpp"
#include "packet/verdict.hpp"

namespace natto {

/// Counts and frees a packet, of which a sample may be kept.
void drop(rte_mbuf* mbuf, DropReason reason, const DropPlace& place, Worker& worker) noexcept;
/// The same with each of `packets`, which are translated and were to leave by `out`.
void drop_leaving(std::span<rte_mbuf*> packets, DropReason reason, const PortContext& out,
                  Worker& worker) noexcept;

/// Counts and frees packet `i` of `burst`, whose bytes are as they came in, and has its sender told
/// if the reason is one to tell and an ICMP error is due. Not for ICMP errors and later fragments
/// (R18). Reads in, received_tsc and packets.
void drop_and_answer(const Burst& burst, std::size_t i, AnswerTag answer, Worker& worker) noexcept;

/// Does what `verdict`, which is not forward, says with packet `i` of `burst`. If it is a drop, the
/// packet's bytes are as they came in: control may quote them in an ICMP error. Reads in,
/// received_tsc, packets, and of the slow packet what its stage has found out.
void punt(const Burst& burst, std::size_t i, Verdict verdict, Worker& worker) noexcept;

}  // namespace natto
