#pragma once

#include <string>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto {

/// A socket that listens at "ADDRESS:PORT", "[ADDRESS]:PORT" or "unix:PATH". A socket that a killed
/// process has left at PATH is replaced. Fails with kUsage if it is none of these.
[[nodiscard]] Result<Descriptor> listen_at(const std::string& place);

}  // namespace natto
