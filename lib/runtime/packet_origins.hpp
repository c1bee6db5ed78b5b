#pragma once

// Which packet of an input each packet was that a replay has sent: DPDK's callbacks mark packets as
// they arrive and read the mark as they leave. The packet path knows nothing of it.

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/realm.hpp"
#include "base/result.hpp"
#include "ports/port.hpp"

namespace natto {

/// Where a packet came from that left a port.
struct PacketOrigin {
  std::uint32_t number = 0;  ///< of the input's packets, counted from 0
  RealmId realm = 0;         ///< the input's
  bool is_answer = false;    ///< natto made it, after that packet came
};

/// Calling thread of the replay only.
class PacketOrigins {
 public:
  /// Of ports of one queue, which must outlive it. Once per process.
  [[nodiscard]] static Result<std::unique_ptr<PacketOrigins>> attach(
      const std::vector<Port>& ports);
  PacketOrigins(const PacketOrigins&) = delete;
  PacketOrigins& operator=(const PacketOrigins&) = delete;
  ~PacketOrigins();

  /// In the order in which a realm's port has sent them.
  [[nodiscard]] std::vector<PacketOrigin> take_sent(RealmId realm) {
    return std::move(ends_[realm].sent);
  }

 private:
  /// What the callbacks of one port know.
  struct End {
    PacketOrigins* all = nullptr;
    RealmId realm = 0;
    std::uint16_t port = 0;
    std::uint32_t received = 0;
    std::vector<PacketOrigin> sent;
    const rte_eth_rxtx_callback* on_receive = nullptr;
    const rte_eth_rxtx_callback* on_transmit = nullptr;
  };

  PacketOrigins() = default;
  void mark(End& end, std::span<rte_mbuf*> packets) noexcept;
  void note(End& end, std::span<rte_mbuf*> packets);
  /// Null: natto made the packet.
  [[nodiscard]] const PacketOrigin* mark_of(const rte_mbuf& packet) const noexcept;

  std::size_t offset_ = 0;  ///< of the mark in a buffer
  std::uint64_t flag_ = 0;  ///< of buffers that have one
  PacketOrigin last_{};     ///< that arrived
  std::array<End, kMaxPorts> ends_{};
};

}  // namespace natto
