#pragma once

#include <cstdint>
#include <span>

#include "packet/mss.hpp"
#include "packet/plain.hpp"
#include "packet/wire.hpp"

namespace natto {

/// A packet on the fast path. `Places` say where a cache has what it knows of it, if it does.
template <typename Places>
struct PlainPacket {
  std::uint8_t* frame;
  Places places;
  Plain plain;  ///< if it is not, the packet leaves the fast path

  [[nodiscard]] std::span<std::uint8_t> bytes() const noexcept {
    return {frame, kIpv4Offset + plain.length()};
  }
  [[nodiscard]] const Ipv4Header& ip() const noexcept {
    return header_at<Ipv4Header>(std::span<const std::uint8_t>(bytes()), kIpv4Offset);
  }
  [[nodiscard]] bool is_tcp_syn() const noexcept {
    return ip().protocol == protocol::kTcp && is_syn(bytes().subspan(kTransportOffset));
  }
};

}  // namespace natto
