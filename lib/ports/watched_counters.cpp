#include "ports/watched_counters.hpp"

#include <algorithm>
#include <array>

namespace natto {
namespace {

constexpr std::string_view kMoreInstances =
    "take a larger instance type, or distribute the mapped addresses over several instances";
constexpr std::string_view kMoreWorkers =
    "give [dpdk] lcores more cores that nothing else uses; natto show workers tells how busy they "
    "are";
constexpr std::string_view kAskTheDriver =
    "look at natto's log of that time, and at what natto doctor says of the port's driver";
constexpr std::string_view kNattoResets =
    "natto resets the port; if it comes again and again, stop and start the instance";

/// The first that fits counts.
constexpr std::array kWatched = {
    WatchedCounter{"bw_in_allowance_exceeded",
                   "the instance's bandwidth allowance for received packets was used up, and EC2 "
                   "held or dropped them",
                   kMoreInstances},
    WatchedCounter{"bw_out_allowance_exceeded",
                   "the instance's bandwidth allowance for sent packets was used up, and EC2 held "
                   "or dropped them",
                   kMoreInstances},
    WatchedCounter{
        "pps_allowance_exceeded",
        "the instance's packet rate allowance was used up, both ways together; fragments "
        "sent count too",
        kMoreInstances},
    WatchedCounter{
        "conntrack_allowance_exceeded",
        "EC2 dropped packets of connections that its security groups could not track any "
        "more",
        "let the port's security groups allow everything both ways, which is not tracked"},
    WatchedCounter{"conntrack_allowance_available",
                   "connections that EC2's security groups can still track",
                   "none while it is far from 0", true},
    WatchedCounter{"linklocal_allowance_exceeded",
                   "EC2 dropped packets to its DNS, metadata or time service",
                   "find who uses them through this port; 1024 packets a second are allowed"},
    WatchedCounter{"_allowance_exceeded", "an allowance of the instance was used up",
                   kMoreInstances},
    WatchedCounter{"rx_missed_errors",
                   "packets came in faster than the workers took them (imissed)", kMoreWorkers},
    WatchedCounter{"overruns", "packets came in faster than the device could deliver them",
                   kMoreWorkers},
    WatchedCounter{"rx_mbuf_allocation_errors",
                   "no packet buffer was free for packets that came in (rx_nombuf)",
                   "raise [dpdk] mbufs, or leave it out"},
    WatchedCounter{"rx_errors", "the device could not receive packets that came in (ierrors)",
                   kAskTheDriver},
    WatchedCounter{"tx_errors", "the device failed to send packets (oerrors)", kAskTheDriver},
    WatchedCounter{"rx_q*_errors", "a receive queue's packets were broken", kAskTheDriver},
    WatchedCounter{"_missed_tx", "the device did not confirm in time that packets were sent",
                   kAskTheDriver},
    WatchedCounter{"_bad_req_id", "the device confirmed a packet that it was not given",
                   kNattoResets, false, true},
    WatchedCounter{"_bad_desc_num", "the device put a packet into too many buffers", kNattoResets,
                   false, true},
    WatchedCounter{"_bad_desc", "the device delivered a packet in a way that makes no sense",
                   kNattoResets, false, true},
    WatchedCounter{"_unknown_error", "the driver could not receive for a reason it does not know",
                   kNattoResets, false, true},
    WatchedCounter{"_prepare_ctx_err", "the driver could not give a packet to the device",
                   kNattoResets, false, true},
    WatchedCounter{"_drops", "the device dropped packets", kAskTheDriver},
    WatchedCounter{"_dropped", "the device dropped packets", kAskTheDriver},
};

}  // namespace

const WatchedCounter* find_watched_counter(std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kWatched, [name](const WatchedCounter& counter) { return name.ends_with(counter.name); });
  return found != kWatched.end() ? found : nullptr;
}

std::string without_queue(std::string_view name) {
  constexpr std::size_t kPrefix = 4;
  if (!name.starts_with("rx_q") && !name.starts_with("tx_q")) {
    return std::string(name);
  }
  const std::size_t end = name.find_first_not_of("0123456789", kPrefix);
  return end == std::string_view::npos || end == kPrefix
             ? std::string(name)
             : std::string(name.substr(0, kPrefix)).append("*").append(name.substr(end));
}

}  // namespace natto
