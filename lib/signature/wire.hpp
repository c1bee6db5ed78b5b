#pragma once

// The binary form of SSH's keys and signatures (RFC 4251 §5): numbers in network order, and strings
// of a length in four bytes and as many bytes.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace natto::ssh {

using ByteView = std::span<const std::uint8_t>;

[[nodiscard]] inline ByteView bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view text_of(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline bool same(ByteView a, ByteView b) noexcept { return std::ranges::equal(a, b); }

/// Reads one part after the other. Each is none, and so are all after it, where the bytes end
/// before the part does. What it returns points into the bytes.
class WireReader {
 public:
  explicit WireReader(ByteView bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] std::optional<ByteView> bytes(std::size_t count) noexcept {
    if (count > rest_.size()) {
      rest_ = {};
      failed_ = true;
    }
    if (failed_) {
      return std::nullopt;
    }
    const ByteView part = rest_.first(count);
    rest_ = rest_.subspan(count);
    return part;
  }
  [[nodiscard]] std::optional<std::uint32_t> uint32() noexcept {
    const auto part = bytes(4);
    if (!part) {
      return std::nullopt;
    }
    std::uint32_t value = 0;
    for (const std::uint8_t byte : *part) {
      value = value << 8U | byte;
    }
    return value;
  }
  [[nodiscard]] std::optional<ByteView> string() noexcept {
    const auto length = uint32();
    return length ? bytes(*length) : std::nullopt;
  }
  /// The digits of a number that is not negative, without a zero in front: mpint.
  [[nodiscard]] std::optional<ByteView> number() noexcept {
    const auto digits = string();
    if (!digits || digits->empty() || (digits->front() & 0x80U) != 0) {
      return std::nullopt;
    }
    if (digits->front() != 0) {
      return digits;
    }
    const bool needs_zero = digits->size() > 1 && ((*digits)[1] & 0x80U) != 0;
    return needs_zero ? std::optional(digits->subspan(1)) : std::nullopt;
  }
  /// All was read, and there was enough of it.
  [[nodiscard]] bool at_end() const noexcept { return !failed_ && rest_.empty(); }

 private:
  ByteView rest_;
  bool failed_ = false;
};

class WireWriter {
 public:
  WireWriter& raw(ByteView part) {
    bytes_.insert(bytes_.end(), part.begin(), part.end());
    return *this;
  }
  WireWriter& string(ByteView part) {
    const auto length = static_cast<std::uint32_t>(part.size());
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
      bytes_.push_back(static_cast<std::uint8_t>(length >> shift));
    }
    return raw(part);
  }
  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const noexcept { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace natto::ssh
