#pragma once

#include <array>
#include <atomic>

#include "base/counter.hpp"
#include "config/model.hpp"

namespace natto {

/// What control knows of itself and of the gateways. Written by control only; anyone may read.
struct ControlActivity {
  Counter last_tsc;     ///< when it last had done all that was due
  Counter activations;  ///< those of RoleState that it has seen
  Counter to_announce;  ///< announcements of addresses that are still to be sent for them
  /// By RealmId: it left as many requests unanswered as a neighbour may.
  std::array<std::atomic<bool>, kMaxPorts> gateway_silent{};
};

}  // namespace natto
