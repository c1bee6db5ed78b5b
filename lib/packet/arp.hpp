#pragma once

// ARP frames (RFC 826) for IPv4 over Ethernet, in and out.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/address.hpp"
#include "packet/wire.hpp"

namespace natto {

enum class ArpOperation : std::uint16_t { kRequest = 1, kReply = 2 };

/// One end of an ARP exchange.
struct ArpParty {
  MacAddress mac;
  Ipv4Address address;
};

struct ArpMessage {
  ArpOperation operation;
  ArpParty sender;
  ArpParty target;

  /// A station announces itself (RFC 5227 §3): it asks about, or answers for, its own address.
  [[nodiscard]] bool is_gratuitous() const noexcept { return sender.address == target.address; }
};

using ArpFrame = std::array<std::uint8_t, sizeof(EthernetHeader) + sizeof(ArpPacket)>;

/// Reads a whole frame. Nothing if it is short, not about Ethernet and IPv4, neither request nor
/// reply, or if its sender is a group address or differs from the frame's source.
[[nodiscard]] std::optional<ArpMessage> parse_arp(std::span<const std::uint8_t> frame) noexcept;

/// The frame of `message`; requests are broadcast, replies go to the target.
[[nodiscard]] ArpFrame make_arp(const ArpMessage& message) noexcept;

}  // namespace natto
