#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/realm.hpp"
#include "packet/drop_reasons.hpp"

namespace natto {

/// What became of a packet that was captured.
enum class Fate : std::uint8_t {
  kSent,
  kDropped,
  kToNatto,    ///< for natto itself: ARP, its own addresses
  kHeld,       ///< translated, but its next hop is being looked for
  kGenerated,  ///< natto or the kernel behind it made it; it did not come in
};

/// What a thread writes of a captured packet, before the bytes of the packet as it came and those
/// of the packet as it leaves.
struct CopiedPacket {
  struct Side {
    std::uint32_t length = 0;  ///< bytes of the frame; 0: it was never seen so
    std::uint32_t copied = 0;  ///< of these
    RealmId realm = 0;         ///< of the port
  };

  std::uint64_t tsc = 0;      ///< when it came
  std::uint64_t version = 0;  ///< of the table
  Side in;
  Side out;
  Fate fate = Fate::kSent;
  DropReason reason = {};               ///< if it is dropped
  bool checksums_left_to_port = false;  ///< of the packet as it leaves
};

/// The parts of what was written.
struct CopiedPacketView {
  CopiedPacket packet;
  std::span<const std::uint8_t> in;
  std::span<const std::uint8_t> out;

  [[nodiscard]] static CopiedPacketView of(std::span<const std::byte> record) noexcept {
    CopiedPacketView view;
    std::memcpy(&view.packet, record.data(), sizeof(view.packet));
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(record.data()) + sizeof(CopiedPacket);
    view.in = {bytes, view.packet.in.copied};
    view.out = {bytes + view.packet.in.copied, view.packet.out.copied};
    return view;
  }
};

}  // namespace natto
