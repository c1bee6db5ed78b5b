#pragma once

// What the kernel says of its network interfaces, by rtnetlink(7).

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto {

/// A network interface of the kernel, in the network namespace of who asks.
struct NetInterface {
  unsigned index = 0;
  std::string name;
  bool up = false;            ///< it is up and has a carrier
  std::string kind;           ///< "veth", "tun"; empty: a network card
  unsigned peer = 0;          ///< a veth's other end; 0: none
  bool peer_is_near = false;  ///< that is in the same namespace, so that `peer` is its index here
  /// Packets that the interface did not take to send: of a TAP, those that its program was too slow
  /// to take.
  std::uint64_t tx_dropped = 0;
  /// Of a message that it has left the namespace: it goes on in another one.
  bool has_moved = false;
};

struct RtnetlinkMessage {
  std::uint16_t type;          ///< RTM_NEWLINK, RTM_DELLINK, NLMSG_ERROR
  std::span<const char> body;  ///< what follows the header
};

/// What a message tells of an interface that is new, changed or gone. None if it tells of none.
[[nodiscard]] std::optional<NetInterface> parse_interface(const RtnetlinkMessage& message);

/// A socket to the kernel's rtnetlink. One thread; nothing here waits.
class Rtnetlink {
 public:
  /// `groups`: RTMGRP_* of the messages that come without being asked for.
  [[nodiscard]] static Result<Rtnetlink> open(std::uint32_t groups);

  /// Asks for an interface, by its index or, if that is 0, by its name. The kernel answers at once:
  /// RTM_NEWLINK, or NLMSG_ERROR if there is none.
  void ask_for(unsigned index, std::string_view name = {}) const;

  /// Calls `take` with each message that has come. False: some were lost, since too many came.
  bool receive(const std::function<void(const RtnetlinkMessage&)>& take) const;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

 private:
  explicit Rtnetlink(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}

  Descriptor descriptor_;
};

/// The interface of that name or, if the name is empty, of that index. None: there is none, or the
/// kernel cannot be asked.
[[nodiscard]] std::optional<NetInterface> find_interface(std::string_view name, unsigned index = 0);

}  // namespace natto
