#include "captures/pcapng_body.hpp"

#include <algorithm>
#include <cstring>

#include "captures/capture_format.hpp"
#include "captures/pcapng.hpp"

namespace natto::pcapng {
namespace {

constexpr std::uint32_t kMostBlockBytes = 16U << 20U;
constexpr std::uint32_t kHeadBytes = 8;         ///< type and length
constexpr std::uint32_t kLeastBlockBytes = 12;  ///< and the length once more
constexpr std::size_t kPacketHeaderBytes = 20;

std::size_t padded(std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; }

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

}  // namespace

std::optional<std::uint32_t> bytes_behind_head(std::uint32_t length) noexcept {
  if (length < kLeastBlockBytes || length > kMostBlockBytes || length % 4 != 0) {
    return std::nullopt;
  }
  return length - kHeadBytes;
}

std::uint64_t to_nanoseconds(std::uint64_t ticks, std::uint64_t ticks_per_second,
                             std::int64_t offset_seconds) noexcept {
  const std::uint64_t seconds =
      ticks / ticks_per_second + static_cast<std::uint64_t>(offset_seconds);
  const std::uint64_t rest = ticks % ticks_per_second;
  const auto nanoseconds = ticks_per_second <= kSecondNs ? rest * kSecondNs / ticks_per_second
                                                         : rest / (ticks_per_second / kSecondNs);
  return seconds * kSecondNs + std::min(nanoseconds, kSecondNs - 1);
}

std::uint32_t Body::word(std::size_t at) const noexcept {
  std::uint32_t value;
  std::memcpy(&value, bytes_.data() + at, sizeof(value));
  return swap_ ? __builtin_bswap32(value) : value;
}

std::uint16_t Body::half(std::size_t at) const noexcept {
  std::uint16_t value;
  std::memcpy(&value, bytes_.data() + at, sizeof(value));
  return swap_ ? static_cast<std::uint16_t>(value << 8U | value >> 8U) : value;
}

bool Body::is_section() const noexcept { return bytes_.size() >= 16 && word(0) == kByteOrderMagic; }

std::optional<Option> Body::option_at(std::size_t at) const noexcept {
  if (at + 4 > bytes_.size() || half(at) == kEndOfOptions) {
    return std::nullopt;
  }
  const std::size_t length = half(at + 2);
  if (at + 4 + length > bytes_.size()) {
    return std::nullopt;
  }
  const auto* value = reinterpret_cast<const char*>(bytes_.data()) + at + 4;
  return Option{.code = half(at), .value = {value, length}, .next = at + 4 + padded(length)};
}

std::optional<InterfaceFields> Body::interface() const noexcept {
  constexpr std::size_t kHeaderBytes = 8;
  if (bytes_.size() < kHeaderBytes) {
    return std::nullopt;
  }
  InterfaceFields interface { .link_type = half(0), .snap_length = word(4) };
  for_each_option(kHeaderBytes, [&](const Option& option) { describe(interface, option); });
  if (interface.ticks_per_second == 0) {
    return std::nullopt;
  }
  return interface;
}

void Body::describe(InterfaceFields& interface, const Option& option) const noexcept {
  if (option.code == kInterfaceName) {
    interface.name = option.value;
  } else if (option.code == kInterfaceDescription) {
    interface.description = option.value;
  } else if (option.code == kTimeResolution && !option.value.empty()) {
    interface.ticks_per_second = ticks_of(static_cast<std::uint8_t>(option.value[0]));
  } else if (option.code == kTimeOffset && option.value.size() == sizeof(std::uint64_t)) {
    std::uint64_t offset;
    std::memcpy(&offset, option.value.data(), sizeof(offset));
    interface.offset_seconds =
        static_cast<std::int64_t>(swap_ ? __builtin_bswap64(offset) : offset);
  }
}

std::optional<PacketFields> Body::enhanced_packet() const noexcept {
  return bytes_.size() < kPacketHeaderBytes
             ? std::nullopt
             : packet(word(0), std::uint64_t{word(4)} << 32U | word(8), word(12), word(16),
                      kPacketHeaderBytes);
}

std::optional<PacketFields> Body::obsolete_packet() const noexcept {
  return bytes_.size() < kPacketHeaderBytes
             ? std::nullopt
             : packet(half(0), std::uint64_t{word(4)} << 32U | word(8), word(12), word(16),
                      kPacketHeaderBytes);
}

std::optional<PacketFields> Body::simple_packet(std::uint32_t snap_length) const noexcept {
  constexpr std::size_t kHeaderBytes = 4;
  if (bytes_.size() < kHeaderBytes) {
    return std::nullopt;
  }
  const std::uint32_t length = word(0);
  return packet(0, 0, snap_length == 0 ? length : std::min(length, snap_length), length,
                kHeaderBytes);
}

std::optional<PacketFields> Body::packet(std::uint32_t interface, std::uint64_t ticks,
                                         std::uint32_t captured, std::uint32_t length,
                                         std::size_t at) const noexcept {
  if (captured > bytes_.size() - at) {
    return std::nullopt;
  }
  return PacketFields{.interface = interface,
                      .ticks = ticks,
                      .length = std::max(captured, length),
                      .bytes = bytes_.subspan(at, captured),
                      .options = at + padded(captured)};
}

std::optional<std::uint32_t> Body::flags(const Option& option) const noexcept {
  if (option.code != kPacketFlags || option.value.size() != sizeof(std::uint32_t)) {
    return std::nullopt;
  }
  const auto* value = reinterpret_cast<const std::uint8_t*>(option.value.data());
  return word(static_cast<std::size_t>(value - bytes_.data()));
}

}  // namespace natto::pcapng
