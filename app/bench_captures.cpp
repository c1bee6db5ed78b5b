#include "bench_captures.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "base/device_arguments.hpp"

namespace natto {
namespace {

/// Of the device that net_pcap makes as its n-th, counted from 0.
MacAddress mac_of(std::uint8_t n) { return {{0x02, 'p', 'c', 'a', 'p', n}}; }

}  // namespace

Result<BenchCaptures> BenchCaptures::open(ApplianceFiles& files) {
  BenchCaptures all;
  std::uint8_t players = 0;
  for (std::size_t i = 0; i < files.config.ports.size(); ++i) {
    PortConfig& port = files.config.ports[i];
    if (!port.device.starts_with("net_pcap")) {
      continue;
    }
    const MacAddress station = mac_of(players++);
    std::size_t at = 0;
    for (const std::string& file : devarg_values(port.device, {"rx_pcap"})) {
      Result<ReplayInput> capture = ReplayInput::open(
          file, OwnFrames(files.table, static_cast<RealmId>(i)), port.realm, station);
      if (!capture) {
        return capture.error();
      }
      if (!capture->warning().empty()) {
        fmt::print(stderr, "{}\n", capture->warning());
      }
      constexpr std::string_view kKey = ",rx_pcap=";
      at = port.device.find(fmt::format("{}{}", kKey, file), at) + kKey.size();
      port.device.replace(at, file.size(), capture->file().string());
      all.captures_.push_back(*std::move(capture));
    }
  }
  return all;
}

}  // namespace natto
