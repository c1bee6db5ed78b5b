#pragma once

#include <cstdint>
#include <span>

namespace natto {

/// Computes the IPv4 and the TCP or UDP checksum of a whole frame, as the port does that it was
/// left to (dataplane/checksum_offload.hpp); a frame that ends within these headers stays as it is.
void complete_checksums(std::span<std::uint8_t> frame) noexcept;

}  // namespace natto
