#include "import/words.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <string>
#include <utility>

#include "packet/protocol_names.hpp"

namespace natto::old_rules {
namespace {

using NamedNumber = std::pair<std::string_view, std::uint32_t>;

constexpr std::array<NamedNumber, 8> kMoreProtocols = {{{"ipv6-icmp", 58},
                                                        {"icmpv6", 58},
                                                        {"igmp", 2},
                                                        {"ipencap", 4},
                                                        {"ipip", 4},
                                                        {"ipv6", 41},
                                                        {"ospf", 89},
                                                        {"vrrp", 112}}};
constexpr std::array<NamedNumber, 17> kServices = {{{"ftp", 21},
                                                    {"ssh", 22},
                                                    {"telnet", 23},
                                                    {"smtp", 25},
                                                    {"domain", 53},
                                                    {"http", 80},
                                                    {"pop3", 110},
                                                    {"ntp", 123},
                                                    {"imap", 143},
                                                    {"snmp", 161},
                                                    {"ldap", 389},
                                                    {"https", 443},
                                                    {"imaps", 993},
                                                    {"mysql", 3306},
                                                    {"postgresql", 5432},
                                                    {"sip", 5060},
                                                    {"http-alt", 8080}}};
constexpr std::array<NamedNumber, 5> kStates = {
    {{"new", 0}, {"established", 1}, {"related", 2}, {"invalid", 3}, {"untracked", 4}}};
constexpr std::array<NamedNumber, 12> kIcmpTypes = {{{"echo-reply", 0},
                                                     {"pong", 0},
                                                     {"destination-unreachable", 3},
                                                     {"fragmentation-needed", 3},
                                                     {"redirect", 5},
                                                     {"echo-request", 8},
                                                     {"ping", 8},
                                                     {"time-exceeded", 11},
                                                     {"ttl-exceeded", 11},
                                                     {"parameter-problem", 12},
                                                     {"timestamp-request", 13},
                                                     {"timestamp-reply", 14}}};
constexpr std::array<NamedNumber, 8> kTcpFlags = {{{"fin", 1},
                                                   {"syn", 2},
                                                   {"rst", 4},
                                                   {"psh", 8},
                                                   {"ack", 16},
                                                   {"urg", 32},
                                                   {"all", 63},
                                                   {"none", 0}}};

template <std::size_t N>
std::optional<std::uint32_t> find(const std::array<NamedNumber, N>& names, std::string_view word) {
  const auto found = std::ranges::find_if(names, [&](const NamedNumber& one) {
    return std::ranges::equal(one.first, word, [](char a, char b) {
      return a == std::tolower(static_cast<unsigned char>(b));
    });
  });
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Range> one(std::optional<std::uint32_t> value) {
  return value ? std::optional(Range{*value, *value}) : std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> number_of(std::string_view word, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool whole = error == std::errc() && end == word.data() + word.size() && !word.empty();
  return whole && value <= most ? std::optional(value) : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::optional<Ipv4Prefix> network_of(std::string_view word) {
  const std::size_t slash = word.find('/');
  std::optional<Ipv4Prefix> prefix = parse_ipv4_prefix(word);
  if (!prefix && slash != std::string_view::npos) {
    const auto address = parse_ipv4_address(word.substr(0, slash));
    const auto mask = parse_ipv4_address(word.substr(slash + 1));
    const int length = mask ? std::countl_one(mask->host()) : 0;
    if (address && mask && prefix_mask(static_cast<unsigned>(length)) == mask->host()) {
      prefix = Ipv4Prefix{*address, static_cast<std::uint8_t>(length)};
    }
  }
  return prefix ? std::optional(Ipv4Prefix{prefix->first(), prefix->length}) : std::nullopt;
}

std::optional<Range> addresses_of(std::string_view word) {
  const std::size_t dash = word.find('-');
  if (dash == std::string_view::npos) {
    const auto network = network_of(word);
    return network ? std::optional(range_of(*network)) : std::nullopt;
  }
  const auto first = parse_ipv4_address(word.substr(0, dash));
  const auto last = parse_ipv4_address(word.substr(dash + 1));
  return first && last && *first <= *last ? std::optional(Range{first->host(), last->host()})
                                          : std::nullopt;
}

std::optional<Range> protocol_of(std::string_view word) {
  if (word == "all" || word == "ip") {
    return Range{0, 255};
  }
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (const auto protocol = parse_protocol(lower)) {
    return Range{*protocol, *protocol};
  }
  return one(find(kMoreProtocols, word));
}

std::optional<std::uint16_t> port_of(std::string_view word) {
  auto port = number_of(word, 0xffff);
  port = port ? port : find(kServices, word);
  return port ? std::optional(static_cast<std::uint16_t>(*port)) : std::nullopt;
}

std::optional<Range> ports_of(std::string_view word, char dash) {
  if (const auto port = port_of(word)) {
    return Range{*port, *port};
  }
  const std::size_t at = word.find(dash);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view from = word.substr(0, at);
  const std::string_view to = word.substr(at + 1);
  const auto first = from.empty() ? std::optional<std::uint16_t>(0) : port_of(from);
  const auto last = to.empty() ? std::optional<std::uint16_t>(0xffff) : port_of(to);
  return first && last && *first <= *last ? std::optional(Range{*first, *last}) : std::nullopt;
}

std::optional<Range> state_of(std::string_view word) { return one(find(kStates, word)); }

std::optional<Range> icmp_type_of(std::string_view word) {
  if (word == "any" || word == "255") {
    return Range{0, 255};
  }
  const auto number = number_of(word.substr(0, word.find('/')), 255);
  // A type with a code asks for less than the type.
  return word.find('/') != std::string_view::npos ? std::nullopt
                                                  : one(number ? number : find(kIcmpTypes, word));
}

std::optional<std::uint32_t> tcp_flags_of(std::string_view word) {
  std::uint32_t flags = 0;
  for (const std::string_view name : split(word, ',')) {
    const auto flag = find(kTcpFlags, name);
    if (!flag) {
      return std::nullopt;
    }
    flags |= *flag;
  }
  return flags;
}

}  // namespace natto::old_rules
