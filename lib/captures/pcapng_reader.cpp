#include "captures/pcapng_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "captures/capture_format.hpp"
#include "captures/pcapng.hpp"

namespace natto {
namespace {

constexpr std::uint32_t kMostBlockBytes = 16U << 20U;
constexpr std::size_t kBlockFrameBytes = 12;  ///< type and length before, length behind
constexpr std::size_t kMostInterfaces = 65'536;

std::size_t padded(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

/// 0: more than 64 bits hold.
std::uint64_t ticks_of(std::uint8_t resolution) {
  const unsigned exponent = resolution & 0x7fU;
  if ((resolution & 0x80U) != 0) {
    return exponent < 64 ? std::uint64_t{1} << exponent : 0;
  }
  std::uint64_t ticks = 1;
  for (unsigned i = 0; i < exponent && ticks != 0; ++i) {
    ticks = exponent < 20 ? ticks * 10 : 0;
  }
  return ticks;
}

std::uint64_t to_nanoseconds(std::uint64_t ticks, const PcapngInterface& interface) {
  const std::uint64_t seconds =
      ticks / interface.ticks_per_second + static_cast<std::uint64_t>(interface.offset_seconds);
  const std::uint64_t rest = ticks % interface.ticks_per_second;
  const auto nanoseconds = interface.ticks_per_second <= kSecondNs
                               ? rest * kSecondNs / interface.ticks_per_second
                               : rest / (interface.ticks_per_second / kSecondNs);
  return seconds * kSecondNs + std::min(nanoseconds, kSecondNs - 1);
}

}  // namespace

PcapngReader::PcapngReader(const std::filesystem::path& file) : in_(file, std::ios::binary) {}

bool PcapngReader::reads(const std::filesystem::path& file) {
  std::array<char, 4> magic{};
  std::ifstream(file, std::ios::binary).read(magic.data(), magic.size());
  return magic == std::array{'\x0a', '\x0d', '\x0d', '\x0a'};
}

Result<std::optional<PcapngPacket>> PcapngReader::next() {
  for (;;) {
    const Block block = next_block();
    if (block == Block::kEnd) {
      return std::optional<PcapngPacket>();
    }
    if (block == Block::kDamaged) {
      return input_error("a block with a wrong length");
    }
    std::optional<PcapngPacket> packet;
    switch (type_) {
      case pcapng::kSectionHeader:
        if (!start_section()) {
          return input_error("a section header in no known byte order");
        }
        continue;
      case pcapng::kInterface:
        if (!add_interface()) {
          return input_error("an interface that is not described whole");
        }
        continue;
      case pcapng::kEnhancedPacket:
        packet = enhanced_packet();
        break;
      case pcapng::kSimplePacket:
        packet = simple_packet();
        break;
      case pcapng::kObsoletePacket:
        packet = obsolete_packet();
        break;
      default:
        continue;
    }
    if (!packet) {
      return input_error("a packet that is longer than its block, or of no interface");
    }
    return packet;
  }
}

PcapngReader::Block PcapngReader::next_block() {
  std::array<char, 8> head{};
  in_.read(head.data(), head.size());
  if (in_.gcount() < static_cast<std::streamsize>(head.size())) {
    cut_ = in_.gcount() > 0;
    return Block::kEnd;
  }
  body_.assign(head.begin(), head.end());
  type_ = word(0);
  if (type_ == pcapng::kSectionHeader) {  // the same in both orders
    std::array<char, 4> magic{};
    in_.read(magic.data(), magic.size());
    const auto got = static_cast<std::streamoff>(in_.gcount());
    in_.clear();
    in_.seekg(-got, std::ios::cur);
    std::uint32_t order = 0;
    std::memcpy(&order, magic.data(), sizeof(order));
    swap_ = order == __builtin_bswap32(pcapng::kByteOrderMagic);
  }
  const std::uint32_t length = word(4);
  if (length < kBlockFrameBytes || length > kMostBlockBytes || length % 4 != 0) {
    return Block::kDamaged;
  }
  body_.resize(length - head.size());
  in_.read(body_.data(), static_cast<std::streamsize>(body_.size()));
  if (in_.gcount() < static_cast<std::streamsize>(body_.size())) {
    cut_ = true;
    return Block::kEnd;
  }
  const bool whole = word(body_.size() - 4) == length;
  body_.resize(body_.size() - 4);
  return whole ? Block::kRead : Block::kDamaged;
}

bool PcapngReader::start_section() {
  first_interface_ = interfaces_.size();
  return body_.size() >= 16 && word(0) == pcapng::kByteOrderMagic;
}

bool PcapngReader::add_interface() {
  if (body_.size() < 8 || interfaces_.size() == kMostInterfaces) {
    return false;
  }
  bool by_natto = false;
  PcapngInterface interface {
    .link_type = half(0), .name = {}, .realm = {}, .snap_length = word(4)
  };
  for_each_option(8, [&](std::uint16_t code, std::string_view value) {
    if (code == pcapng::kInterfaceName) {
      interface.name = value.substr(0, value.find('\0'));
    } else if (code == pcapng::kInterfaceDescription) {
      by_natto = value.starts_with(pcapng::kNattoDescription);
    } else if (code == pcapng::kTimeResolution && !value.empty()) {
      interface.ticks_per_second = ticks_of(static_cast<std::uint8_t>(value[0]));
    } else if (code == pcapng::kTimeOffset && value.size() == 8) {
      std::uint64_t offset;
      std::memcpy(&offset, value.data(), sizeof(offset));
      interface.offset_seconds =
          static_cast<std::int64_t>(swap_ ? __builtin_bswap64(offset) : offset);
    }
  });
  if (by_natto) {
    interface.realm = interface.name.substr(0, interface.name.rfind(' '));  // "company-a in"
  }
  interfaces_.push_back(std::move(interface));
  return interfaces_.back().ticks_per_second != 0;
}

std::optional<PcapngPacket> PcapngReader::enhanced_packet() const {
  constexpr std::size_t kHeaderBytes = 20;
  return body_.size() < kHeaderBytes ? std::nullopt
                                     : packet(word(0), std::uint64_t{word(4)} << 32U | word(8),
                                              word(12), word(16), kHeaderBytes);
}

std::optional<PcapngPacket> PcapngReader::simple_packet() const {
  constexpr std::size_t kHeaderBytes = 4;
  if (body_.size() < kHeaderBytes || first_interface_ == interfaces_.size()) {
    return std::nullopt;
  }
  const std::uint32_t length = word(0);
  const std::uint32_t most = interfaces_[first_interface_].snap_length;
  return packet(0, 0, most == 0 ? length : std::min(length, most), length, kHeaderBytes);
}

std::optional<PcapngPacket> PcapngReader::obsolete_packet() const {
  constexpr std::size_t kHeaderBytes = 20;
  return body_.size() < kHeaderBytes ? std::nullopt
                                     : packet(half(0), std::uint64_t{word(4)} << 32U | word(8),
                                              word(12), word(16), kHeaderBytes);
}

std::optional<PcapngPacket> PcapngReader::packet(std::size_t interface, std::uint64_t ticks,
                                                 std::uint32_t captured, std::uint32_t length,
                                                 std::size_t at) const {
  if (interface >= interfaces_.size() - first_interface_ || captured > body_.size() - at) {
    return std::nullopt;
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(body_.data()) + at;
  PcapngPacket packet{.interface = first_interface_ + interface,
                      .time_ns = 0,
                      .length = std::max(captured, length),
                      .bytes = {bytes, captured},
                      .outbound = false,
                      .comments = {}};
  packet.time_ns = to_nanoseconds(ticks, interfaces_[packet.interface]);
  for_each_option(at + padded(captured), [&](std::uint16_t code, std::string_view value) {
    if (code == pcapng::kComment) {
      packet.comments.push_back(value);
    } else if (code == pcapng::kPacketFlags && value.size() == 4) {
      const auto flags = word(static_cast<std::size_t>(value.data() - body_.data()));
      packet.outbound = (flags & pcapng::kDirection) == pcapng::kOutbound;
    }
  });
  return packet;
}

template <typename Take>
void PcapngReader::for_each_option(std::size_t at, const Take& take) const {
  while (at + 4 <= body_.size() && half(at) != pcapng::kEndOfOptions) {
    const std::size_t length = half(at + 2);
    if (at + 4 + length > body_.size()) {
      return;
    }
    take(half(at), std::string_view(body_.data() + at + 4, length));
    at += 4 + padded(length);
  }
}

std::uint32_t PcapngReader::word(std::size_t at) const {
  std::uint32_t value;
  std::memcpy(&value, body_.data() + at, sizeof(value));
  return swap_ ? __builtin_bswap32(value) : value;
}

std::uint16_t PcapngReader::half(std::size_t at) const {
  std::uint16_t value;
  std::memcpy(&value, body_.data() + at, sizeof(value));
  return swap_ ? static_cast<std::uint16_t>(value << 8U | value >> 8U) : value;
}

}  // namespace natto
