#include "explain/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "packet/checksum.hpp"
#include "packet/forwarding.hpp"
#include "packet/icmp_error.hpp"
#include "packet/parse.hpp"
#include "packet/wire.hpp"

namespace natto {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 8> kProtocols = {{
    {"icmp", 1},
    {"tcp", 6},
    {"udp", 17},
    {"gre", 47},
    {"esp", 50},
    {"ah", 51},
    {"sctp", 132},
    {"udplite", 136},
}};

std::string protocol_name(std::uint8_t protocol) {
  const auto* found =
      std::ranges::find(kProtocols, protocol, &decltype(kProtocols)::value_type::second);
  return found != kProtocols.end() ? std::string(found->first)
                                   : fmt::format("protocol {}", protocol);
}

const Mapping* find_real(const MappingTable& table, RealmId realm, Ipv4Address address) {
  const auto found = std::ranges::find_if(table.mappings, [&](const Mapping& mapping) {
    return mapping.realm == realm && mapping.real.contains(address);
  });
  return found != table.mappings.end() ? &*found : nullptr;
}

const Mapping* find_mapped(const MappingTable& table, Ipv4Address address) {
  const auto found = std::ranges::find_if(
      table.mappings, [&](const Mapping& mapping) { return mapping.mapped.contains(address); });
  return found != table.mappings.end() ? &*found : nullptr;
}

/// `address`, which `before` contains, at the same place in `after`.
Ipv4Address moved(Ipv4Address address, const Ipv4Prefix& before, const Ipv4Prefix& after) {
  return Ipv4Address::from_host(after.address.host() | (address.host() & ~before.mask()));
}

PortRules rules_of(const PortConfig& port) {
  return {.address = port.address,
          .mtu = port.mtu,
          .admits_unmapped_sources = port.source_not_mapped == SourceNotMapped::kPass,
          .reaches_kernel = port.kernel_interface.has_value()};
}

/// The frame that `query` describes, as far as the parser looks.
std::array<std::uint8_t, kHeadBytes> make_head(const ExplainQuery& query) {
  std::array<std::uint8_t, kHeadBytes> head{};
  const std::span<std::uint8_t> bytes(head);
  header_at<EthernetHeader>(bytes, 0) = {.destination = {{2, 0, 0, 0, 0, 2}},
                                         .source = {{2, 0, 0, 0, 0, 1}},
                                         .ethertype = Be16::from_host(ethertype::kIpv4)};
  auto& ip = header_at<Ipv4Header>(bytes, kIpv4Offset);
  ip = {.version_ihl = 0x45,
        .tos = 0,
        .total_length = Be16::from_host(query.length),
        .identification = {},
        .fragment = Be16::from_host(query.dont_fragment ? 0x4000 : 0),
        .ttl = query.ttl,
        .protocol = query.protocol,
        .checksum = {},
        .source = query.source,
        .destination = query.destination};
  ip.checksum = internet_checksum(bytes.subspan(kIpv4Offset, sizeof(Ipv4Header)));
  const std::size_t l4 = kIpv4Offset + sizeof(Ipv4Header);
  if (query.protocol == 6) {
    bytes[l4 + 12] = 5U << 4U;  // TCP data offset: 5 words
  } else if (query.protocol == 17 || query.protocol == 136) {
    const auto length = static_cast<std::uint16_t>(query.length - sizeof(Ipv4Header));
    bytes[l4 + 4] = static_cast<std::uint8_t>(length >> 8U);
    bytes[l4 + 5] = static_cast<std::uint8_t>(length);
  } else if (query.protocol == 1) {
    bytes[l4] = 8;  // echo request
  }
  return head;
}

/// Realms where a packet with this source can come from.
Result<RealmId> realm_of(const Config& config, const MappingTable& table,
                         const ExplainQuery& query) {
  std::vector<std::string_view> names;
  for (const PortConfig& port : config.ports) {
    names.push_back(port.realm);
  }
  if (!query.realm.empty()) {
    const auto realm = config.find_realm(query.realm);
    return realm ? Result<RealmId>(*realm)
                 : input_error(fmt::format("there is no realm {}; there is {}", query.realm,
                                           fmt::join(names, ", ")));
  }
  std::optional<RealmId> only;
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const auto realm = static_cast<RealmId>(i);
    if (config.ports.size() == 1 || find_real(table, realm, query.source) != nullptr) {
      if (only) {
        return input_error(fmt::format("{} is a real address in several realms: say --realm ({})",
                                       to_string(query.source), fmt::join(names, ", ")));
      }
      only = realm;
    }
  }
  return only ? Result<RealmId>(*only)
              : input_error(fmt::format("{} is no real address in any realm: say --realm ({})",
                                        to_string(query.source), fmt::join(names, ", ")));
}

class Story {
 public:
  Story(const Config& config, const MappingTable& table, const ExplainQuery& query, RealmId in)
      : config_(config), table_(table), query_(query), in_(in) {}

  [[nodiscard]] Explanation tell() {
    say("from {}: {}, {} bytes, TTL {}{}", config_.ports[in_].realm, protocol_name(query_.protocol),
        query_.length, query_.ttl, query_.dont_fragment ? ", don't fragment" : "");
    Verdict verdict = decide();
    if (verdict.is_to_control() && !is_answered()) {
      verdict = DropReason::kOwnAddressNotAnswered;
    }
    if (verdict.is_drop()) {
      const DropReasonInfo& reason = info(verdict.reason());
      say("dropped: {}", reason.name);
      say("  {}", reason.meaning);
      say("  {}", reason.advice);
      if (may_be_told_ && icmp_error_for(verdict.reason())) {
        const auto error = *icmp_error_for(verdict.reason());
        say("  the sender is told by ICMP type {} code {}", error.type, error.code);
      }
    } else if (verdict.is_to_control()) {
      tell_who_answers();
    }
    return {verdict, std::move(steps_)};
  }

 private:
  /// What control does with packets to natto's own address.
  [[nodiscard]] bool is_answered() const {
    return query_.protocol == protocol::kIcmp || config_.ports[in_].kernel_interface.has_value();
  }

  void tell_who_answers() {
    const PortConfig& port = config_.ports[in_];
    if (query_.protocol == protocol::kIcmp) {
      say("for natto itself, which answers echo requests");
    } else {
      say("for the kernel: given to its interface {}, up to {} packets a second",
          *port.kernel_interface, port.kernel_packets_per_second);
    }
  }

  template <typename... Values>
  void say(fmt::format_string<Values...> format, Values&&... values) {
    steps_.push_back(fmt::format(format, std::forward<Values>(values)...));
  }

  Verdict decide() {
    const auto head = make_head(query_);
    const std::size_t length = kIpv4Offset + query_.length;
    ParsedPacket packet{};
    const FrameFilter filter{.mac = {}, .any_unicast_mac = true, .record_route = false};
    if (const Verdict verdict = parse({.head = std::span(head).first(std::min(length, head.size())),
                                       .length = static_cast<std::uint32_t>(length)},
                                      filter, packet);
        !verdict.is_forward()) {
      return verdict;
    }
    may_be_told_ = may_be_answered(packet);

    const Mapping* source = find_real(table_, in_, packet.real_key);
    const Mapping* destination = find_mapped(table_, packet.mapped_key);
    describe("source", query_.source, source, "is no real address of this realm");
    describe("destination", query_.destination, destination, "is no mapped address");
    const auto is_mapped_address = [this](Ipv4Address address) {
      return find_mapped(table_, address) != nullptr;
    };
    if (const Verdict verdict =
            admit(packet, rules_of(config_.ports[in_]),
                  {.source = source != nullptr, .destination = destination != nullptr},
                  is_mapped_address);
        !verdict.is_forward()) {
      return verdict;
    }
    const Ipv4Address new_source =
        source != nullptr ? moved(query_.source, source->real, source->mapped) : query_.source;
    const Ipv4Address new_destination =
        moved(query_.destination, destination->mapped, destination->real);
    const PortConfig& out = config_.ports[destination->realm];
    if (const Verdict verdict = may_leave(packet, new_destination, rules_of(out));
        !verdict.is_forward()) {
      say("towards {}, mtu {}", out.realm, out.mtu);
      return verdict;
    }
    say("sent to {}: {} -> {}, TTL {}{}", out.realm, to_string(new_source),
        to_string(new_destination), query_.ttl - 1,
        query_.length > out.mtu ? fmt::format(", in fragments of at most {} bytes", out.mtu) : "");
    return Verdict::forward();
  }

  void describe(std::string_view which, Ipv4Address address, const Mapping* mapping,
                std::string_view otherwise) {
    if (mapping == nullptr) {
      say("{} {} {}", which, to_string(address), otherwise);
      return;
    }
    say("{} {}: mapping {}, line {} of {}", which, to_string(address), mapping->name, mapping->line,
        config_.table_file.filename().string());
    say("  realm {}, real {}, mapped {}", config_.ports[mapping->realm].realm,
        to_string(mapping->real), to_string(mapping->mapped));
  }

  const Config& config_;
  const MappingTable& table_;
  const ExplainQuery& query_;
  RealmId in_;
  bool may_be_told_ = false;
  std::vector<std::string> steps_;
};

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty()
             ? std::optional(number)
             : std::nullopt;
}

}  // namespace

Result<Explanation> explain(const Config& config, const MappingTable& table,
                            const ExplainQuery& query) {
  if (query.length < sizeof(Ipv4Header) + 20) {
    return input_error("a packet to explain has at least 40 bytes");
  }
  const Result<RealmId> realm = realm_of(config, table, query);
  if (!realm) {
    return realm.error();
  }
  return Story(config, table, query, *realm).tell();
}

std::optional<std::uint8_t> parse_protocol(std::string_view text) {
  const auto* found = std::ranges::find(kProtocols, text, &decltype(kProtocols)::value_type::first);
  return found != kProtocols.end() ? std::optional(found->second)
                                   : parse_number<std::uint8_t>(text);
}

std::string to_string(const ExplainQuery& query) {
  return fmt::format("{},{},{},{},{},{},{}", query.realm, to_string(query.source),
                     to_string(query.destination), query.protocol, query.length, query.ttl,
                     query.dont_fragment ? 1 : 0);
}

Result<ExplainQuery> parse_explain_query(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t comma = text.find(',');
    parts.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) {
      break;
    }
    text.remove_prefix(comma + 1);
  }
  if (parts.size() != 7) {
    return input_error("write realm,source,destination,protocol,length,ttl,df");
  }
  const auto source = parse_ipv4_address(parts[1]);
  const auto destination = parse_ipv4_address(parts[2]);
  const auto protocol = parse_number<std::uint8_t>(parts[3]);
  const auto length = parse_number<std::uint16_t>(parts[4]);
  const auto ttl = parse_number<std::uint8_t>(parts[5]);
  const auto dont_fragment = parse_number<std::uint8_t>(parts[6]);
  if (!source || !destination || !protocol || !length || !ttl || !dont_fragment) {
    return input_error("write realm,source,destination,protocol,length,ttl,df");
  }
  return ExplainQuery{.source = *source,
                      .destination = *destination,
                      .realm = std::string(parts[0]),
                      .protocol = *protocol,
                      .length = *length,
                      .ttl = *ttl,
                      .dont_fragment = *dont_fragment != 0};
}

}  // namespace natto
