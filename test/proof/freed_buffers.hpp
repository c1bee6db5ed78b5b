#pragma once

// Included before each file that is about buffers: properties have no pool that a freed one would
// go back to, and want to know of it.

#include <rte_mbuf.h>

namespace natto::proof {

/// In place of rte_pktmbuf_free().
void note_freed(rte_mbuf* chain);

}  // namespace natto::proof

#define rte_pktmbuf_free natto::proof::note_freed
