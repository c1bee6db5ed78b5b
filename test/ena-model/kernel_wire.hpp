#pragma once

// Cables into the kernel, whose hosts talk to the card.

#include <memory>
#include <string>

#include "wire.hpp"

namespace ena_model {

/// The raw frames of an interface that is there, such as an end of a veth. The kernel must leave
/// nothing of a frame to hardware (ethtool -K NAME tx off tso off gso off gro off, at both ends).
/// Throws std::runtime_error.
[[nodiscard]] std::unique_ptr<Wire> wire_to_interface(const std::string& name);

/// An interface that is made, and gone with the card: the kernel is at its other end.
/// Throws std::runtime_error.
[[nodiscard]] std::unique_ptr<Wire> wire_to_tap(const std::string& name);

}  // namespace ena_model
