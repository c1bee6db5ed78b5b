#include "control/kernel_path.hpp"

#include <algorithm>
#include <utility>

namespace natto {
namespace {

/// Of the longest IPv4 packet.
constexpr std::uint32_t kMaxFrameBytes = kIpv4Offset + UINT16_MAX;
constexpr std::uint64_t kTicksPerSecond = 1'000'000;

std::uint64_t ticks(Instant now) {
  return static_cast<std::uint64_t>(now.count()) * (kTicksPerSecond / 1000);
}

/// At once, what a tenth of a second may bring: control comes by about once a millisecond.
TokenBucket make_bucket(std::uint32_t packets_per_second) {
  return {{.rate = packets_per_second, .burst = std::max(1U, packets_per_second / 10)},
          kTicksPerSecond};
}

}  // namespace

KernelPath::KernelPath(KernelInterface interface, const PortContext& port,
                       std::uint32_t packets_per_second, Counters::Kernel& counters)
    : interface_(std::move(interface)),
      rules_{.self = {port.filter.mac, port.rules.address.address}, .mtu = port.rules.mtu},
      to_kernel_(make_bucket(packets_per_second)),
      from_kernel_(make_bucket(packets_per_second)),
      counters_(counters),
      buffer_(kMaxFrameBytes) {}

std::optional<DropReason> KernelPath::give(const rte_mbuf& packet, Instant now) {
  if (!to_kernel_.take(ticks(now))) {
    return DropReason::kKernelRateExceeded;
  }
  const auto length = std::min(packet.pkt_len, kMaxFrameBytes);
  const auto* bytes =
      static_cast<const std::uint8_t*>(rte_pktmbuf_read(&packet, 0, length, buffer_.data()));
  if (!interface_.give({bytes, length})) {
    return DropReason::kKernelInterfaceRefused;
  }
  counters_.given.add(1);
  return std::nullopt;
}

std::span<const std::uint8_t> KernelPath::take(Instant now) {
  while (from_kernel_.has(ticks(now))) {
    const auto frame = interface_.take(buffer_);
    if (frame.empty()) {
      break;
    }
    static_cast<void>(from_kernel_.take(ticks(now)));
    if (may_send(frame, rules_)) {
      counters_.taken.add(1);
      return frame;
    }
    counters_.refused.add(1);
  }
  return {};
}

}  // namespace natto
