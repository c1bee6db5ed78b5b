#include "pcapng_directions.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include "pcapng_writer.hpp"

namespace natto {
namespace {

// draft-ietf-opsawg-pcapng §4
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kObsoletePacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kMostBlockBytes = 16U << 20U;
constexpr std::size_t kBlockFrameBytes = 12;      ///< type and length before, length behind
constexpr std::size_t kLengthBytes = 4;           ///< behind a block's body
constexpr std::size_t kInterfaceHeaderBytes = 8;  ///< link type, snap length
constexpr std::size_t kEnhancedHeaderBytes = 20;  ///< interface, time, lengths

std::size_t padded(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

}  // namespace

PcapngDirections::PcapngDirections(const std::filesystem::path& file)
    : in_(file, std::ios::binary), is_pcapng_(next_block() == kSectionHeader) {}

PcapngDirections::Direction PcapngDirections::next() {
  while (is_pcapng_) {
    switch (next_block()) {
      case kSectionHeader:
        realms_.clear();
        break;
      case kInterface:
        realms_.push_back(realm());
        break;
      case kEnhancedPacket:
        return direction();
      case kSimplePacket:
      case kObsoletePacket:
        return {};
      case 0:
        is_pcapng_ = false;
        break;
      default:
        break;
    }
  }
  return {};
}

std::uint32_t PcapngDirections::next_block() {
  std::array<char, 8> head{};
  if (!in_.read(head.data(), head.size())) {
    return 0;
  }
  if (word(head, 0) == kSectionHeader) {  // the same in both orders
    std::array<char, 4> magic{};
    in_.read(magic.data(), magic.size());
    in_.seekg(-static_cast<std::streamoff>(magic.size()), std::ios::cur);
    swap_ = false;
    swap_ = word(magic, 0) != kByteOrderMagic;
    if (word(magic, 0) != kByteOrderMagic) {
      return 0;
    }
  }
  const std::uint32_t length = word(head, 4);
  if (length < kBlockFrameBytes || length > kMostBlockBytes) {
    return 0;
  }
  body_.resize(length - 8);
  return in_.read(body_.data(), static_cast<std::streamsize>(body_.size())) ? word(head, 0) : 0;
}

PcapngDirections::Direction PcapngDirections::direction() const {
  constexpr std::uint16_t kFlags = 2;
  constexpr std::uint32_t kOutbound = 2;  // of the lowest two bits
  if (body_.size() < kEnhancedHeaderBytes + kLengthBytes) {
    return {};
  }
  const auto flags = option(kEnhancedHeaderBytes + padded(word(body_, 12)), kFlags);
  const std::uint32_t interface = word(body_, 0);
  return {.outbound = flags.size() == 4 && (word(flags, 0) & 3U) == kOutbound,
          .realm = interface < realms_.size() ? realms_[interface] : ""};
}

std::string PcapngDirections::realm() const {
  constexpr std::uint16_t kName = 2;
  constexpr std::uint16_t kDescription = 3;
  const auto text = [&](std::uint16_t code) {
    const auto value = option(kInterfaceHeaderBytes, code);
    return std::string(value.begin(), value.end());
  };
  const std::string name = text(kName);
  return text(kDescription).starts_with(PcapngWriter::kDescription)
             ? name.substr(0, name.rfind(' '))  // "company-a in"
             : "";
}

std::span<const char> PcapngDirections::option(std::size_t at, std::uint16_t code) const {
  constexpr std::uint16_t kEndOfOptions = 0;
  const std::size_t end = body_.size() - kLengthBytes;
  while (at + 4 <= end && half(at) != kEndOfOptions) {
    const std::uint16_t length = half(at + 2);
    if (half(at) == code && at + 4 + length <= end) {
      return std::span(body_).subspan(at + 4, length);
    }
    at += 4 + padded(length);
  }
  return {};
}

std::uint32_t PcapngDirections::word(std::span<const char> bytes, std::size_t at) const {
  std::uint32_t value;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return swap_ ? __builtin_bswap32(value) : value;
}

std::uint16_t PcapngDirections::half(std::size_t at) const {
  std::uint16_t value;
  std::memcpy(&value, body_.data() + at, sizeof(value));
  return swap_ ? static_cast<std::uint16_t>(value << 8U | value >> 8U) : value;
}

}  // namespace natto
