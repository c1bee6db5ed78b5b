#include "packet/protocol_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "packet/wire.hpp"

namespace natto {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 9> kProtocols = {{
    {"icmp", protocol::kIcmp},
    {"tcp", protocol::kTcp},
    {"udp", protocol::kUdp},
    {"dccp", protocol::kDccp},
    {"gre", 47},
    {"esp", 50},
    {"ah", protocol::kAuthenticationHeader},
    {"sctp", protocol::kSctp},
    {"udplite", protocol::kUdpLite},
}};
using NamedProtocol = decltype(kProtocols)::value_type;

}  // namespace

std::optional<std::uint8_t> parse_protocol(std::string_view text) {
  const auto* named = std::ranges::find(kProtocols, text, &NamedProtocol::first);
  if (named != kProtocols.end()) {
    return named->second;
  }
  std::uint8_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

std::string protocol_name(std::uint8_t protocol) {
  const auto* named = std::ranges::find(kProtocols, protocol, &NamedProtocol::second);
  return named != kProtocols.end() ? std::string(named->first)
                                   : fmt::format("protocol {}", protocol);
}

}  // namespace natto
