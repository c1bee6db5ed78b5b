#include "ports/port_counters.hpp"

#include <fmt/format.h>
#include <rte_ethdev.h>

#include <cerrno>

#include "dpdk/error.hpp"

namespace natto {

// The plain calls: those by id are wrong for ENA in DPDK 22.11.
Result<std::vector<PortCounter>> read_port_counters(std::uint16_t port) {
  const auto failure = [port](int error) {
    return dpdk_error("read the counters of", fmt::format("port {}", port), error);
  };
  const int count = rte_eth_xstats_get_names(port, nullptr, 0);
  if (count < 0) {
    return failure(count);
  }
  const auto size = static_cast<unsigned>(count);
  std::vector<rte_eth_xstat_name> names(size);
  std::vector<rte_eth_xstat> values(size);
  if (const int got = rte_eth_xstats_get_names(port, names.data(), size); got != count) {
    return failure(got < 0 ? got : -EAGAIN);
  }
  if (const int got = rte_eth_xstats_get(port, values.data(), size); got != count) {
    return failure(got < 0 ? got : -EAGAIN);
  }
  std::vector<PortCounter> counters;
  for (const rte_eth_xstat& value : values) {
    if (value.id < size) {
      counters.push_back({.name = names[value.id].name, .value = value.value});
    }
  }
  return counters;
}

}  // namespace natto
