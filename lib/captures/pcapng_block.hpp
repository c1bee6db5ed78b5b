#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "captures/pcapng.hpp"

namespace natto {

/// A block of pcapng as it grows, in the machine's byte order: its fields, then its options.
class PcapngBlock {
 public:
  explicit PcapngBlock(std::uint32_t type) { add(type).add(std::uint32_t{0}); }

  /// The one that every section begins with.
  [[nodiscard]] static PcapngBlock section() {
    constexpr std::uint16_t kMajor = 1;
    constexpr std::uint16_t kMinor = 0;
    constexpr std::int64_t kUnknownLength = -1;
    PcapngBlock block(pcapng::kSectionHeader);
    block.add(pcapng::kByteOrderMagic).add(kMajor).add(kMinor).add(kUnknownLength);
    return block;
  }
  /// An interface of Ethernet, whose times are nanoseconds.
  [[nodiscard]] static PcapngBlock interface(std::uint32_t snap_length, std::string_view name) {
    constexpr std::uint16_t kReserved = 0;
    PcapngBlock block(pcapng::kInterface);
    block.add(pcapng::kEthernet).add(kReserved).add(snap_length);
    block.option(pcapng::kInterfaceName, name);
    block.number_option(pcapng::kTimeResolution, pcapng::kNanoseconds);
    return block;
  }
  /// A packet of `length` bytes, of which `bytes` were captured, `time_ns` after 1970.
  [[nodiscard]] static PcapngBlock packet(std::uint32_t interface, std::uint64_t time_ns,
                                          std::uint32_t length,
                                          std::span<const std::uint8_t> bytes) {
    PcapngBlock block(pcapng::kEnhancedPacket);
    block.add(interface)
        .add(static_cast<std::uint32_t>(time_ns >> 32U))
        .add(static_cast<std::uint32_t>(time_ns))
        .add(static_cast<std::uint32_t>(bytes.size()))
        .add(length)
        .add_padded({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return block;
  }

  /// Of at most 65,535 bytes: what is longer is cut.
  PcapngBlock& option(std::uint16_t code, std::string_view value) {
    value = value.substr(0, UINT16_MAX);
    return add(code).add(static_cast<std::uint16_t>(value.size())).add_padded(value);
  }
  template <typename Number>
  PcapngBlock& number_option(std::uint16_t code, Number value) {
    return option(code, {reinterpret_cast<const char*>(&value), sizeof(value)});
  }

  /// All of it, with the end of its options, and its length on both ends.
  [[nodiscard]] std::string finish() && {
    add(std::uint32_t{pcapng::kEndOfOptions});
    const auto length = static_cast<std::uint32_t>(bytes_.size() + sizeof(std::uint32_t));
    add(length);
    std::memcpy(bytes_.data() + sizeof(std::uint32_t), &length, sizeof(length));
    return std::move(bytes_);
  }

 private:
  template <typename Number>
  PcapngBlock& add(Number number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number));
    return *this;
  }
  PcapngBlock& add_padded(std::string_view bytes) {
    bytes_ += bytes;
    bytes_.append(-bytes.size() % 4, '\0');
    return *this;
  }

  std::string bytes_;
};

}  // namespace natto
