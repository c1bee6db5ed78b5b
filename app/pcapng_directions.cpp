#include "pcapng_directions.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <span>

namespace natto {
namespace {

// draft-ietf-opsawg-pcapng §4
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint32_t kObsoletePacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kMostBlockBytes = 16U << 20U;
constexpr std::size_t kBlockFrameBytes = 12;      ///< type and length before, length behind
constexpr std::size_t kEnhancedHeaderBytes = 20;  ///< interface, time, lengths

/// The bytes of a file in the order of its sections.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : in_(file, std::ios::binary) {}

  /// The next block's type, its body in body(). 0: there is none.
  [[nodiscard]] std::uint32_t next() {
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

  [[nodiscard]] std::uint32_t body_word(std::size_t at) const { return word(body_, at); }
  [[nodiscard]] std::uint16_t body_half(std::size_t at) const {
    std::uint16_t value;
    std::memcpy(&value, body_.data() + at, sizeof(value));
    return swap_ ? static_cast<std::uint16_t>(value << 8U | value >> 8U) : value;
  }
  /// Without the length behind it.
  [[nodiscard]] std::size_t body_bytes() const { return body_.size() - 4; }

 private:
  [[nodiscard]] std::uint32_t word(std::span<const char> bytes, std::size_t at) const {
    std::uint32_t value;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    return swap_ ? __builtin_bswap32(value) : value;
  }

  std::ifstream in_;
  std::vector<char> body_;
  bool swap_ = false;
};

/// Of an enhanced packet block.
bool is_outbound(const Reader& reader) {
  constexpr std::uint16_t kEndOfOptions = 0;
  constexpr std::uint16_t kFlags = 2;
  constexpr std::uint32_t kOutbound = 2;  // of the lowest two bits
  const auto padded = [](std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; };
  if (reader.body_bytes() < kEnhancedHeaderBytes) {
    return false;
  }
  std::size_t at = kEnhancedHeaderBytes + padded(reader.body_word(12));
  while (at + 4 <= reader.body_bytes() && reader.body_half(at) != kEndOfOptions) {
    const std::uint16_t length = reader.body_half(at + 2);
    if (reader.body_half(at) == kFlags && length == 4 && at + 8 <= reader.body_bytes()) {
      return (reader.body_word(at + 4) & 3U) == kOutbound;
    }
    at += 4 + padded(length);
  }
  return false;
}

}  // namespace

std::vector<bool> pcapng_outbound(const std::filesystem::path& file) {
  std::vector<bool> outbound;
  Reader reader(file);
  std::uint32_t type = reader.next();
  if (type != kSectionHeader) {
    return outbound;
  }
  for (; type != 0; type = reader.next()) {
    if (type == kEnhancedPacket) {
      outbound.push_back(is_outbound(reader));
    } else if (type == kSimplePacket || type == kObsoletePacket) {
      outbound.push_back(false);
    }
  }
  return outbound;
}

}  // namespace natto
