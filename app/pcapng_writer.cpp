#include "pcapng_writer.hpp"

#include <array>
#include <cstring>
#include <string_view>

namespace natto {
namespace {

constexpr std::uint32_t kSectionBlock = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceBlock = 1;
constexpr std::uint32_t kPacketBlock = 6;
constexpr std::uint16_t kEthernet = 1;  // LINKTYPE_ETHERNET

constexpr std::uint16_t kComment = 1;
constexpr std::uint16_t kUserApplication = 4;  // of a section
constexpr std::uint16_t kName = 2;             // of an interface
constexpr std::uint16_t kDescriptionCode = 3;  // likewise
constexpr std::uint16_t kTimeResolution = 9;   // likewise
constexpr std::uint16_t kFlags = 2;            // of a packet
constexpr std::uint16_t kPacketId = 5;         // likewise
constexpr std::uint8_t kNanoseconds = 9;
constexpr std::uint32_t kInbound = 1;
constexpr std::uint32_t kOutbound = 2;

}  // namespace

class PcapngWriter::Block {
 public:
  explicit Block(std::uint32_t type) { add(type).add(std::uint32_t{0}); }

  template <typename Number>
  Block& add(Number number) {
    const auto* bytes = reinterpret_cast<const char*>(&number);
    bytes_.append(bytes, sizeof(number));
    return *this;
  }
  Block& add_padded(std::string_view bytes) {
    bytes_ += bytes;
    bytes_.append(-bytes.size() % 4, '\0');
    return *this;
  }
  Block& option(std::uint16_t code, std::string_view value) {
    return add(code).add(static_cast<std::uint16_t>(value.size())).add_padded(value);
  }
  template <typename Number>
  Block& number_option(std::uint16_t code, Number value) {
    return option(code, {reinterpret_cast<const char*>(&value), sizeof(value)});
  }

  /// With the end of its options, and its length on both ends.
  void write(std::ostream& out) {
    add(std::uint32_t{0});
    const auto length = static_cast<std::uint32_t>(bytes_.size() + sizeof(std::uint32_t));
    add(length);
    std::memcpy(bytes_.data() + sizeof(std::uint32_t), &length, sizeof(length));
    out.write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
  }

 private:
  std::string bytes_;
};

PcapngWriter::PcapngWriter(std::ostream& out, std::uint32_t snaplen)
    : out_(out), snaplen_(snaplen) {
  constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
  constexpr std::uint16_t kMajor = 1;
  constexpr std::uint16_t kMinor = 0;
  constexpr std::int64_t kUnknownLength = -1;
  Block(kSectionBlock)
      .add(kByteOrderMagic)
      .add(kMajor)
      .add(kMinor)
      .add(kUnknownLength)
      .option(kUserApplication, "natto " NATTO_VERSION)
      .write(out_);
}

void PcapngWriter::write(const Frame& frame) {
  const std::uint32_t interface = interface_of(frame);
  Block block(kPacketBlock);
  block.add(interface)
      .add(static_cast<std::uint32_t>(frame.unix_ns >> 32U))
      .add(static_cast<std::uint32_t>(frame.unix_ns))
      .add(static_cast<std::uint32_t>(frame.bytes.size()))
      .add(static_cast<std::uint32_t>(frame.length))
      .add_padded({reinterpret_cast<const char*>(frame.bytes.data()), frame.bytes.size()})
      .number_option(kFlags, frame.outgoing ? kOutbound : kInbound)
      .number_option(kPacketId, frame.packet_id);
  if (!frame.comment.empty()) {
    block.option(kComment, std::string_view(frame.comment).substr(0, UINT16_MAX));
  }
  block.write(out_);
}

std::uint32_t PcapngWriter::interface_of(const Frame& frame) {
  const auto next = static_cast<std::uint32_t>(interfaces_.size());
  const auto [found, is_new] = interfaces_.try_emplace({frame.realm, frame.outgoing}, next);
  if (is_new) {
    constexpr std::uint16_t kReserved = 0;
    Block(kInterfaceBlock)
        .add(kEthernet)
        .add(kReserved)
        .add(snaplen_)
        .option(kName, frame.realm + (frame.outgoing ? " out" : " in"))
        .option(kDescriptionCode, std::string(kDescription) +
                                      (frame.outgoing ? "leaves to " : "comes from ") + frame.realm)
        .number_option(kTimeResolution, kNanoseconds)
        .write(out_);
  }
  return found->second;
}

}  // namespace natto
