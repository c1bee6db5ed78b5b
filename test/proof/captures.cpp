// The reader of captures, which reads what anybody may have written: whatever bytes a block of
// pcapng or a packet of any link has, nothing outside of them is read, what is said to lie in them
// does, and each step through options gets further. So a block ends; and so does a file, of which
// each block takes at least eight bytes. `size`: of a block's body, of a packet.

#include <array>

#include "captures/link_layer.hpp"
#include "captures/pcapng_body.hpp"
#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

namespace {

/// Some of `all`, or nothing at all.
bool lies_in(std::span<const std::uint8_t> all, const void* first, std::size_t size) {
  const auto* begin = static_cast<const std::uint8_t*>(first);
  return size == 0 || (begin >= all.data() && begin + size <= all.data() + all.size());
}
bool lies_in(std::span<const std::uint8_t> all, std::string_view text) {
  return lies_in(all, text.data(), text.size());
}

}  // namespace

PROPERTY(capture_block) {
  const auto length = any<std::uint32_t>("block_length");
  const auto rest = pcapng::bytes_behind_head(length);
  PROVE(!rest || (*rest >= 4 && *rest % 4 == 0 && *rest + 8 == length && length <= 16U << 20U));

  const Block block(size, "frame");
  const std::span<const std::uint8_t> bytes = block.bytes();
  const pcapng::Body body(bytes, any<bool>("swap"));
  PROVE(!body.is_section() || (size >= 16 && body.word(0) == 0x1a2b3c4d));

  const auto holds = [&](const std::optional<pcapng::PacketFields>& packet, std::size_t header,
                         std::uint32_t captured) {
    PROVE(packet.has_value() == (captured <= size - header));
    if (packet) {
      PROVE(packet->bytes.data() == bytes.data() + header && packet->bytes.size() == captured);
      PROVE(packet->length >= captured);
      PROVE(packet->options >= header + captured && packet->options < header + captured + 4);
    }
  };
  constexpr std::size_t kHeader = 20;
  if (size < kHeader) {
    PROVE(!body.enhanced_packet() && !body.obsolete_packet());
  } else {
    holds(body.enhanced_packet(), kHeader, body.word(12));
    holds(body.obsolete_packet(), kHeader, body.word(12));
  }
  const auto snap_length = any<std::uint32_t>("snap_length");
  if (size < 4) {
    PROVE(!body.simple_packet(snap_length));
  } else {
    const std::uint32_t most = snap_length == 0 ? UINT32_MAX : snap_length;
    holds(body.simple_packet(snap_length), 4, std::min(body.word(0), most));
  }
}

PROPERTY(capture_option_step) {
  const Block block(size, "frame");
  const std::span<const std::uint8_t> bytes = block.bytes();
  const pcapng::Body body(bytes, any<bool>("swap"));
  const std::size_t at = any<std::uint32_t>("at");
  const std::optional<pcapng::Option> option = body.option_at(at);
  if (!option) {
    return;
  }
  PROVE(option->code != 0 && option->code == body.half(at));
  PROVE(lies_in(bytes, option->value) && option->value.size() == body.half(at + 2));
  PROVE(option->next >= at + 4 + option->value.size());

  pcapng::InterfaceFields interface { .link_type = 1, .snap_length = 0 };
  body.describe(interface, *option);
  PROVE(lies_in(bytes, interface.name) && lies_in(bytes, interface.description));
  const std::optional<std::uint32_t> flags = body.flags(*option);
  PROVE(!flags || (option->code == 2 && option->value.size() == 4));
}

PROPERTY(capture_interface) {
  const Block block(size, "frame");
  const std::span<const std::uint8_t> bytes = block.bytes();
  const pcapng::Body body(bytes, any<bool>("swap"));
  const std::optional<pcapng::InterfaceFields> interface = body.interface();
  if (!interface) {
    return;
  }
  PROVE(size >= 8 && interface->link_type == body.half(0) &&
        interface->snap_length == body.word(4));
  PROVE(lies_in(bytes, interface->name) && lies_in(bytes, interface->description));
  // All of it may divide by this.
  PROVE(interface->ticks_per_second != 0);
  static_cast<void>(pcapng::to_nanoseconds(any<std::uint64_t>("ticks"), interface->ticks_per_second,
                                           interface->offset_seconds));
}

PROPERTY(link_frame) {
  constexpr std::size_t kEthernet = 14;
  // Ethernet, BSD's loopback in both forms, raw IP in five, Linux's cooked in both.
  constexpr std::array kTypes = {1, 0, 108, 12, 14, 101, 228, 229, 113, 276};
  constexpr std::array<std::size_t, kTypes.size()> kHeaders = {0, 4, 4, 0, 0, 0, 0, 0, 16, 20};
  const std::size_t index = pick(kTypes.size(), "type");
  const Block block(size, "frame");
  const std::span<const std::uint8_t> bytes = block.bytes();
  const std::uint32_t length =
      std::max(any<std::uint32_t>("length"), static_cast<std::uint32_t>(size));
  LinkLayer link(kTypes[index]);
  PROVE(link.is_known());
  const LinkFrame frame = link.to_ethernet(bytes, length);
  PROVE(frame.length >= frame.bytes.size());
  const std::size_t header = kHeaders[index];
  if (link.is_ethernet()) {
    PROVE(frame.bytes.data() == bytes.data() && frame.bytes.size() == size);
    return;
  }
  const std::size_t content = size < header ? 0 : size - header;
  PROVE(frame.bytes.size() == kEthernet + content);
  for (std::size_t at = 0; at < content; ++at) {
    PROVE(frame.bytes[kEthernet + at] == bytes[header + at]);
  }
  PROVE(size < header ||
        frame.length ==
            std::min<std::uint64_t>(kEthernet + std::uint64_t{length} - header, UINT32_MAX));
}
