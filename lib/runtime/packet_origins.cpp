#include "runtime/packet_origins.hpp"

#include <rte_mbuf_dyn.h>

#include "dpdk/error.hpp"

namespace natto {
namespace {

static_assert(sizeof(PacketOrigin) == sizeof(std::uint64_t));

}  // namespace

Result<std::unique_ptr<PacketOrigins>> PacketOrigins::attach(const std::vector<Port>& ports) {
  const rte_mbuf_dynfield field{.name = "natto_packet_origin",
                                .size = sizeof(PacketOrigin),
                                .align = alignof(PacketOrigin),
                                .flags = 0};
  const rte_mbuf_dynflag flag{.name = "natto_packet_origin_is_set", .flags = 0};
  std::unique_ptr<PacketOrigins> origins(new PacketOrigins());
  const int offset = rte_mbuf_dynfield_register(&field);
  const int bit = rte_mbuf_dynflag_register(&flag);
  if (offset < 0 || bit < 0) {
    return dpdk_error("mark", "the packets of the replay", rte_errno);
  }
  origins->offset_ = static_cast<std::size_t>(offset);
  origins->flag_ = std::uint64_t{1} << static_cast<unsigned>(bit);
  for (std::size_t i = 0; i < ports.size(); ++i) {
    End& end = origins->ends_[i];
    end.all = origins.get();
    end.realm = static_cast<RealmId>(i);
    end.port = ports[i].id();
    end.on_receive = rte_eth_add_rx_callback(
        end.port, 0,
        [](std::uint16_t, std::uint16_t, rte_mbuf** packets, std::uint16_t count, std::uint16_t,
           void* self) {
          auto& receiver = *static_cast<End*>(self);
          receiver.all->mark(receiver, {packets, count});
          return count;
        },
        &end);
    end.on_transmit = rte_eth_add_tx_callback(
        end.port, 0,
        [](std::uint16_t, std::uint16_t, rte_mbuf** packets, std::uint16_t count, void* self) {
          auto& sender = *static_cast<End*>(self);
          sender.all->note(sender, {packets, count});
          return count;
        },
        &end);
    if (end.on_receive == nullptr || end.on_transmit == nullptr) {
      return dpdk_error("follow", "the packets of the replay", rte_errno);
    }
  }
  return origins;
}

PacketOrigins::~PacketOrigins() {
  for (const End& end : ends_) {
    if (end.on_receive != nullptr) {
      rte_eth_remove_rx_callback(end.port, 0, end.on_receive);
    }
    if (end.on_transmit != nullptr) {
      rte_eth_remove_tx_callback(end.port, 0, end.on_transmit);
    }
  }
}

void PacketOrigins::mark(End& end, std::span<rte_mbuf*> packets) noexcept {
  for (rte_mbuf* packet : packets) {
    last_ = {.number = end.received++, .realm = end.realm};
    *RTE_MBUF_DYNFIELD(packet, offset_, PacketOrigin*) = last_;
    packet->ol_flags |= flag_;
  }
}

void PacketOrigins::note(End& end, std::span<rte_mbuf*> packets) {
  for (const rte_mbuf* packet : packets) {
    if (const PacketOrigin* origin = mark_of(*packet)) {
      end.sent.push_back(*origin);
    } else if (packet->next != nullptr && RTE_MBUF_CLONED(packet->next) && !end.sent.empty()) {
      end.sent.push_back(end.sent.back());  // a later fragment of a packet in many buffers
    } else {
      PacketOrigin answer = last_;
      answer.is_answer = true;
      end.sent.push_back(answer);
    }
  }
}

const PacketOrigin* PacketOrigins::mark_of(const rte_mbuf& packet) const noexcept {
  // DPDK gives a fragment's own buffer, with its headers, the flags of the packet but not the mark;
  // it is in what was cut off the packet's buffers.
  const rte_mbuf* marked =
      packet.next != nullptr && RTE_MBUF_CLONED(packet.next) ? packet.next : &packet;
  return (marked->ol_flags & flag_) != 0 ? RTE_MBUF_DYNFIELD(marked, offset_, const PacketOrigin*)
                                         : nullptr;
}

}  // namespace natto
