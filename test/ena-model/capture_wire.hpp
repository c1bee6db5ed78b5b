#pragma once

// A cable to captures: what arrives is read from one, once or again and again, and what is sent is
// written to another.

#include <memory>

#include "settings.hpp"
#include "wire.hpp"

namespace ena_model {

/// Throws std::runtime_error.
[[nodiscard]] std::unique_ptr<Wire> wire_to_captures(const WireSettings& settings);

}  // namespace ena_model
