#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.hpp"

namespace natto {

/// The number of packets in a capture file (pcap or pcapng). Refuses files that cannot be read to
/// their end and captures that are not of Ethernet frames.
[[nodiscard]] Result<std::uint64_t> count_packets(const std::filesystem::path& file);

}  // namespace natto
