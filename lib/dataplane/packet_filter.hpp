#pragma once

#include <rte_bpf.h>
#include <rte_mbuf.h>

#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "capture/bpf.hpp"

namespace natto {

/// A filter of tcpdump's as DPDK interprets it. Not as the native code that DPDK makes on x86-64:
/// where a load lies beyond the packet's end, that of some programs jumps anywhere (22.11).
class PacketFilter {
 public:
  /// Most ways that may lead through a program. DPDK follows each to see whether it is safe, which
  /// would take years with some; tcpdump's filters have a few thousand at most.
  static constexpr std::uint64_t kMostPaths = 100'000;

  /// The error, of kind kUsage, says why it does not run this one: whoever sends a program may
  /// send any.
  [[nodiscard]] static Result<PacketFilter> load(BpfProgram program);

  /// Any thread.
  [[nodiscard]] bool matches(rte_mbuf& packet) const noexcept {
    return rte_bpf_exec(bpf_.get(), &packet) != 0;
  }

 private:
  struct Destroy {
    void operator()(rte_bpf* bpf) const noexcept { rte_bpf_destroy(bpf); }
  };

  PacketFilter() = default;

  std::unique_ptr<rte_bpf, Destroy> bpf_;
};

}  // namespace natto
