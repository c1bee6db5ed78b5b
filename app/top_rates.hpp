#pragma once

// What natto did per second, between two looks at it. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "api/messages.hpp"

namespace natto {

/// What natto said of itself at one moment.
struct TopSample {
  double seconds = 0;  ///< of a steady clock
  api::CountersReport counters;
  api::DropsReport drops;
  api::PortsReport ports;
  api::WorkersReport workers;
  api::BusiestReport busiest;  ///< since the sample before
};

struct TopRates {
  struct Port {
    std::string realm;
    std::string link;
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
  };
  struct Worker {
    std::uint64_t lcore = 0;
    std::uint64_t received = 0;
    double busy_percent = 0;
    double cycles_per_packet = 0;
  };
  struct Drop {
    std::string reason;
    std::uint64_t packets = 0;
  };
  struct Mapping {
    std::string name;
    std::uint64_t from_packets = 0;
    std::uint64_t from_bytes = 0;
    std::uint64_t to_packets = 0;
    std::uint64_t to_bytes = 0;
  };

  std::uint64_t received = 0;
  std::uint64_t translated = 0;
  std::uint64_t dropped = 0;
  std::vector<Port> ports;
  std::vector<Worker> workers;
  std::vector<Drop> drops;
  std::vector<Mapping> mappings;  ///< those with the most packets
};

[[nodiscard]] TopRates top_rates(const TopSample& before, const TopSample& now);
[[nodiscard]] std::string top_view(const TopRates& rates);
[[nodiscard]] std::string top_json(const TopRates& rates);

}  // namespace natto
