#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/result.hpp"

namespace natto {

/// The number of packets in a capture file (pcap or pcapng). Refuses files that cannot be read to
/// their end and captures that are not of Ethernet frames.
[[nodiscard]] Result<std::uint64_t> count_packets(const std::filesystem::path& file);

/// Frame `number`, counted from 1, of such a file. Refuses one that was captured in part.
[[nodiscard]] Result<std::vector<std::uint8_t>> read_frame(const std::filesystem::path& file,
                                                           std::uint64_t number);

}  // namespace natto
