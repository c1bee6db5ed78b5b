#pragma once

#include <vector>

#include "base/result.hpp"
#include "replay_input.hpp"
#include "table/loader.hpp"

namespace natto {

/// The captures that net_pcap devices of a config play ("net_pcap0,rx_pcap=FILE"), ready for DPDK:
/// of any kind that replay reads. What is made of them exists as long as this.
class BenchCaptures {
 public:
  /// Lets the devices of `files` play what was made ready.
  [[nodiscard]] static Result<BenchCaptures> open(ApplianceFiles& files);

 private:
  std::vector<ReplayInput> captures_;
};

}  // namespace natto
