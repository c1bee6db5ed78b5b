#pragma once

// Who of several instances has what, so that the loss of one moves its share alone: each weighs
// every item, and the heaviest weight wins (rendezvous hashing, Thaler and Ravishankar 1996).

#include <string_view>
#include <vector>

namespace natto::exports {

/// The instances 1..count, the one that has `item` first, then those that take it over in turn.
/// The weight of an instance is 64-bit FNV-1a of "ITEM#INSTANCE", mixed with SplitMix64's last
/// steps.
[[nodiscard]] std::vector<unsigned> instances_for(std::string_view item, unsigned count);

}  // namespace natto::exports
