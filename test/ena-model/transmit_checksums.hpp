#pragma once

// The checksums that a transmit request asks for, made exactly as it says: offsets and lengths from
// the metadata, not from the packet. A wrong request gives a wrong packet, as on hardware.

#include <cstdint>
#include <span>

#include "host_interface.hpp"

namespace ena_model {

/// Where the headers are, as the driver says. Kept from one packet to the next where metadata is
/// cached.
struct TxMeta {
  std::uint32_t l3_offset = 0;
  std::uint32_t l3_length = 0;
};

/// `first` is the packet's first descriptor that is not metadata.
void make_checksums(std::span<std::uint8_t> frame, const TxDescriptor& first, const TxMeta& meta);

}  // namespace ena_model
