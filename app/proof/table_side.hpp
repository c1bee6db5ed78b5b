#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/model.hpp"
#include "proof/test_packet.hpp"
#include "table/mapping.hpp"

namespace natto::proof {

/// By identification.
using Outputs = std::map<std::uint16_t, std::vector<Forwarded>>;

/// Writes the frames that arrive from `realm` as a capture (pcap).
[[nodiscard]] Status write_capture(const std::filesystem::path& file, const std::string& realm,
                                   const std::vector<TestPacket>& packets);

/// What natto's data plane makes of the packets, as `natto replay` does it. Main thread, once per
/// process. The devices of `config` become files in a temporary folder.
[[nodiscard]] Result<Outputs> send_through_table(Config config, const MappingTable& table,
                                                 const std::vector<TestPacket>& packets);

}  // namespace natto::proof
