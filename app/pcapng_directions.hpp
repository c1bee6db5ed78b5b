#pragma once

#include <filesystem>
#include <vector>

namespace natto {

/// Of each packet of a pcapng file, in order, whether its epb_flags say "outbound". Ends where the
/// file is damaged; empty for a file of another format. libpcap reads the packets, but not this.
[[nodiscard]] std::vector<bool> pcapng_outbound(const std::filesystem::path& file);

}  // namespace natto
