#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/result.hpp"
#include "config/model.hpp"
#include "proof/test_packet.hpp"
#include "table/mapping.hpp"

namespace natto::proof {

/// By identification.
using Outputs = std::map<std::uint16_t, std::vector<Forwarded>>;

/// What natto's data plane makes of the packets, as `natto replay` does it. Main thread, once per
/// process. The devices of `config` become temporary files.
[[nodiscard]] Result<Outputs> send_through_table(Config config, const MappingTable& table,
                                                 const std::vector<TestPacket>& packets);

}  // namespace natto::proof
