#pragma once

// Carries packets between one port and the kernel's interface for the port's own address. Each
// direction has a rate limit, so that neither a flood from the wire nor a program of this machine
// takes the time of control, or of the worker that sends for control.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/token_bucket.hpp"
#include "control/kernel_interface.hpp"
#include "control/sender_rules.hpp"
#include "dataplane/dataplane.hpp"
#include "ports/resolver.hpp"

namespace natto {

/// Control only.
class KernelPath {
 public:
  /// `counters`: control's, of this port.
  KernelPath(KernelInterface interface, const PortContext& port, std::uint32_t packets_per_second,
             Counters::Kernel& counters);

  /// Gives the kernel a packet that came from the port, or returns why not. The caller keeps it.
  [[nodiscard]] std::optional<DropReason> give(const rte_mbuf& packet, Instant now);

  /// The next frame that the kernel sends and may send, until the next call; empty if there is none
  /// now.
  [[nodiscard]] std::span<const std::uint8_t> take(Instant now);

 private:
  KernelInterface interface_;
  SenderRules rules_;
  TokenBucket to_kernel_;
  TokenBucket from_kernel_;
  Counters::Kernel& counters_;
  std::vector<std::uint8_t> buffer_;  ///< of a frame
};

}  // namespace natto
