#pragma once

// IPv4 addresses written as text inside any bytes: "10.34.1.125", FTP's "10,34,1,125,7,5" (RFC
// 959), the same with dots, as rpcbind and NFS tell address and port (RFC 5665 §5.2.3.3), and the
// names of reverse look-ups, "125.1.34.10.in-addr.arpa" (RFC 1035 §3.5), with dots or as DNS puts
// them on the wire. Pure: any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/address.hpp"

namespace natto::text_search {

/// The longest text of an address: "255.255.255.255.in-addr.arpa", and on the wire as long.
inline constexpr std::size_t kLongestBytes = 4 * 4 + 13;

struct Match {
  Ipv4Address address;
  std::size_t begin;  ///< of its text
  std::size_t end;    ///< one behind the last byte of it
  /// The bytes end where the text might go on: more of them may make it another address, or none.
  bool open;
};

namespace detail {

enum class Kind : std::uint8_t { kOther, kDot, kComma, kLabel };

/// What may stand in the midst of an address.
inline constexpr auto kKinds = [] {
  std::array<Kind, 256> kinds{};
  kinds['.'] = Kind::kDot;
  kinds[','] = Kind::kComma;
  kinds[7] = Kind::kLabel;  // the length of "in-addr"
  return kinds;
}();

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// What lies around a separator, and where the search goes on behind it.
struct Found {
  std::size_t go_on;
  bool is_match;
  Match match;
};
[[nodiscard]] Found look_at_dot(std::string_view bytes, std::size_t at) noexcept;
[[nodiscard]] Found look_at_comma(std::string_view bytes, std::size_t at) noexcept;
[[nodiscard]] Found look_at_label(std::string_view bytes, std::size_t at) noexcept;

}  // namespace detail

/// Calls `take` with each Match, from left to right. Numbers are of one to three digits, up to 255,
/// without leading zeros; a row of other than four or six of them (with commas: six) is no
/// address.
template <typename Take>
void for_each(std::string_view bytes, const Take& take) {
  using detail::Kind;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const Kind kind = detail::kKinds[static_cast<std::uint8_t>(bytes[at])];
    if (kind == Kind::kOther) {
      ++at;
      continue;
    }
    const detail::Found found = kind == Kind::kDot     ? detail::look_at_dot(bytes, at)
                                : kind == Kind::kComma ? detail::look_at_comma(bytes, at)
                                                       : detail::look_at_label(bytes, at);
    if (found.is_match) {
      take(found.match);
    }
    at = found.go_on;
  }
}

}  // namespace natto::text_search
