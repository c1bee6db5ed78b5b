#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace natto {

/// What a port's driver counts, since the device started or longer.
struct PortCounter {
  std::string name;
  std::uint64_t value = 0;
};

/// The port's extended statistics (rte_eth_xstats_get), the basic ones among them: imissed is
/// "rx_missed_errors", ierrors "rx_errors", rx_nombuf "rx_mbuf_allocation_errors", oerrors
/// "tx_errors". Control thread only: asks the device (ENA: an admin command, up to 3 s).
[[nodiscard]] Result<std::vector<PortCounter>> read_port_counters(std::uint16_t port);

}  // namespace natto
