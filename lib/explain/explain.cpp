#include "explain/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "config/packet_rules.hpp"
#include "explain/described_packet.hpp"
#include "explain/mapping_index.hpp"
#include "explain/policy_story.hpp"
#include "packet/arp.hpp"
#include "packet/arp_rules.hpp"
#include "packet/checksum.hpp"
#include "packet/decision.hpp"
#include "packet/echo.hpp"
#include "packet/icmp_error.hpp"
#include "packet/mss.hpp"
#include "packet/parse.hpp"
#include "packet/protocol_names.hpp"
#include "packet/wire.hpp"

namespace natto {
namespace {

/// The IPv4 header of a frame that has one, as far as its bytes say; null if it has none.
const Ipv4Header* ip_header(std::span<const std::uint8_t> frame) {
  const bool has_one = frame.size() >= kIpv4Offset + sizeof(Ipv4Header) &&
                       header_at<EthernetHeader>(frame, 0).ethertype.host() == ethertype::kIpv4;
  return has_one ? &header_at<Ipv4Header>(frame, kIpv4Offset) : nullptr;
}

/// ", ports 5000 > 53", ", flags S" or ", type 8 code 0" of a packet that parse() forwarded.
std::string transport_details(std::span<const std::uint8_t> frame, const ParsedPacket& packet) {
  const auto l4 = frame.subspan(kIpv4Offset + packet.ip_header_length);
  if (packet.later_fragment || l4.size() < sizeof(UdpHeader)) {
    return packet.later_fragment ? ", a later fragment" : "";
  }
  if (packet.protocol == protocol::kIcmp) {
    return fmt::format(", type {} code {}", l4[0], l4[1]);
  }
  const bool is_tcp = packet.protocol == protocol::kTcp;
  if (!is_tcp && packet.protocol != protocol::kUdp && packet.protocol != protocol::kUdpLite) {
    return "";
  }
  const std::string flags =
      is_tcp ? fmt::format(", flags {}", tcp_flags_name(l4[13])) : std::string();
  return fmt::format(", ports {} > {}{}", header_at<Be16>(l4, 0).host(),
                     header_at<Be16>(l4, 2).host(), flags);
}

/// Writes down what becomes of one frame.
class Narrator {
 public:
  Narrator(const Config& config, const MappingTable& table, RealmId in,
           std::span<const std::uint8_t> frame, Role role)
      : config_(config), table_(table), index_(table), in_(in), frame_(frame), role_(role) {}

  [[nodiscard]] Explanation explain() {
    ParsedPacket packet{};
    const std::size_t head = std::min(frame_.size(), kHeadBytes);
    Verdict verdict =
        parse({.head = frame_.first(head), .length = static_cast<std::uint32_t>(frame_.size())},
              filter_of(config_.ports[in_], MacAddress{}, /*any_unicast_mac=*/true), packet);
    const bool parsed = verdict.is_forward();
    say("from {}: {}", config_.ports[in_].realm, description(parsed ? &packet : nullptr));
    if (parsed) {
      verdict = decide_about(packet);
    }
    if (verdict == Verdict::arp()) {
      verdict = explain_arp();
    } else if (verdict == Verdict::to_own_address()) {
      verdict = explain_own_address(packet);
    }
    if (verdict.is_drop()) {
      explain_drop(verdict.reason(), parsed && may_be_answered(packet));
    }
    return {verdict, std::move(steps_), verdict.is_drop() ? "" : std::move(rule_)};
  }

 private:
  template <typename... Values>
  void say(fmt::format_string<Values...> format, Values&&... values) {
    steps_.push_back(fmt::format(format, std::forward<Values>(values)...));
  }

  [[nodiscard]] std::string description(const ParsedPacket* parsed) const {
    const Ipv4Header* ip = ip_header(frame_);
    if (ip == nullptr) {
      return fmt::format("a frame of {} bytes", frame_.size());
    }
    return fmt::format("{}{}, {} bytes, TTL {}{}", protocol_name(ip->protocol),
                       parsed != nullptr ? transport_details(frame_, *parsed) : "",
                       ip->total_length.host(), ip->ttl,
                       ip->dont_fragment() ? ", don't fragment" : "");
  }

  Verdict decide_about(ParsedPacket& packet) {
    if (packet.is_icmp_error()) {
      const std::size_t begin = kIpv4Offset + packet.ip_header_length;
      const std::size_t end = kIpv4Offset + packet.total_length;
      packet.quoted.icmp_checksum_bad = ones_sum(frame_.subspan(begin, end - begin)) != 0xffff;
      say("an ICMP error about a packet {} -> {}", to_string(packet.mapped_key),
          to_string(packet.real_key));
    }
    const Found found = look_up(packet);
    const RealmId to = found.known.destination ? found.destination.realm : in_;
    const PortConfig& out = config_.ports[to];
    const PortRules in_rules = rules_of(config_.ports[in_], in_);
    const PortRules out_rules = rules_of(out, to);
    const auto observe = [&](DecisionStep step) { record(step, packet, out); };
    const auto permit = [&] { return ask_policy(packet, found); };
    const Decision decision =
        decide(packet, found, in_rules, out_rules, config_.icmp.rules, permit, observe);
    if (!decision.verdict.is_forward()) {
      return decision.verdict;
    }
    if (packet.is_icmp_error()) {
      say("the packet that it quotes becomes {} -> {}", to_string(decision.quoted.source),
          to_string(decision.quoted.destination));
      if (!found.reporter_known) {
        say("source {} has no mapping: [icmp] outer_source says what becomes of it",
            to_string(packet.source));
      }
    }
    explain_mss(packet, largest_mss(in_rules, out_rules));
    say("sent to {}: {} -> {}, TTL {}{}", out.realm, to_string(decision.addresses.source),
        to_string(decision.addresses.destination), packet.ttl - 1,
        packet.total_length > out.mtu ? fmt::format(", in fragments of at most {} bytes", out.mtu)
                                      : "");
    return decision.verdict;
  }

  Verdict ask_policy(const ParsedPacket& packet, const Found& found) {
    if (!table_.compiled) {
      return Verdict::forward();
    }
    const PolicyNarrator policy(table_, config_);
    PolicyStory story = policy.tell(found.known.source ? found.source.group : Policy::unmapped(in_),
                                    found.destination.group, packet,
                                    frame_.first(std::min(frame_.size(), kHeadBytes)));
    std::ranges::move(story.steps, std::back_inserter(steps_));
    rule_ = std::move(story.rule);
    return story.verdict;
  }

  Found look_up(const ParsedPacket& packet) {
    Found found{};
    const auto source = index_.find_real(in_, packet.real_key);
    const auto destination = index_.find_mapped(packet.mapped_key);
    found.known = {.source = source.has_value(), .destination = destination.has_value()};
    found.source = source.value_or(Translation{});
    found.destination = destination.value_or(Translation{});
    look_up_rest(packet, in_, rules_of(config_.ports[in_], in_), index_, found);
    const bool error = packet.is_icmp_error();
    describe(error ? "quoted destination" : "source", packet.real_key, source,
             "is no real address of this realm");
    describe(error ? "quoted source" : "destination", packet.mapped_key, destination,
             "is no mapped address");
    if (found.reporter_known && packet.source != packet.real_key) {
      describe("source", packet.source, found.reporter, "");
    }
    return found;
  }

  void describe(std::string_view which, Ipv4Address address,
                const std::optional<Translation>& translation, std::string_view otherwise) {
    if (!translation) {
      say("{} {} {}", which, to_string(address), otherwise);
      return;
    }
    const Mapping& mapping = table_.mappings[translation->mapping];
    say("{} {}: mapping {}, line {} of {}", which, to_string(address), mapping.name, mapping.line,
        file_name());
    say("  realm {}, real {}, mapped {}", config_.ports[mapping.realm].realm,
        to_string(mapping.real), to_string(mapping.mapped));
  }

  /// Of the file that the reader knows, the name is enough.
  [[nodiscard]] std::string file_name() const {
    const auto& file = table_.file;
    return (file == config_.table_file ? file.filename() : file).string();
  }

  void record(DecisionStep step, const ParsedPacket& packet, const PortConfig& out) {
    switch (step) {
      case DecisionStep::kIcmpErrorIntact:
        say("its ICMP checksum is right{}",
            packet.quoted.checksum_bad ? ", that of the header it quotes is not" : "");
        break;
      case DecisionStep::kUnmappedSourceAdmitted:
        say("the port of {} admits sources without a mapping (source_not_mapped = \"pass\")",
            config_.ports[in_].realm);
        break;
      case DecisionStep::kAdmitted:
        say("towards {}, mtu {}", out.realm, out.mtu);
        explain_mtus(out);
        break;
    }
  }

  /// Of packets both ways. What lies beyond the ports' own links, natto does not know.
  void explain_mtus(const PortConfig& out) {
    const PortConfig& in = config_.ports[in_];
    const std::uint16_t smallest = std::min(in.mtu, out.mtu);
    say("smallest mtu on the way: {}, {}", smallest,
        in.mtu == out.mtu ? "in both directions"
                          : fmt::format("towards {}", in.mtu < out.mtu ? in.realm : out.realm));
    say("  larger packets leave in fragments, or with don't fragment are dropped{}",
        config_.icmp.errors_per_second > 0 ? fmt::format(", and the sender is told {}", smallest)
                                           : "");
  }

  /// What becomes of the MSS that a TCP SYN announces, where a port clamps it to `largest`.
  void explain_mss(const ParsedPacket& packet, std::optional<std::uint16_t> largest) {
    if (!largest || packet.protocol != protocol::kTcp || packet.later_fragment) {
      return;
    }
    const auto segment = frame_.first(kIpv4Offset + packet.total_length)
                             .subspan(kIpv4Offset + packet.ip_header_length);
    std::vector<std::uint8_t> copy(segment.begin(), segment.end());
    if (!is_syn(segment)) {
      return;
    }
    clamp_mss(copy, *largest);
    if (std::ranges::equal(copy, segment)) {
      say("tcp_mss_clamp: it announces no MSS above {}, which natto would lower", *largest);
    } else {
      say("tcp_mss_clamp: the MSS that it announces is lowered to {}", *largest);
    }
  }

  /// What control does with a packet to natto's own address.
  Verdict explain_own_address(const ParsedPacket& packet) {
    const PortConfig& port = config_.ports[in_];
    std::vector<std::uint8_t> copy(frame_.begin(), frame_.end());
    if (make_echo_reply(std::span(copy).first(kIpv4Offset + packet.total_length))) {
      say("for natto itself, which answers echo requests");
    } else if (port.kernel_interface) {
      say("for the kernel: given to its interface {}, up to {} packets a second",
          *port.kernel_interface, port.kernel_packets_per_second);
    } else {
      return DropReason::kOwnAddressNotAnswered;
    }
    return Verdict::to_own_address();
  }

  /// What control does with ARP.
  Verdict explain_arp() {
    const PortConfig& port = config_.ports[in_];
    const auto answers = [&](Ipv4Address address) {
      return answers_arp_for(address, in_, rules_of(port, in_), config_.ports.size(), role_,
                             index_);
    };
    const auto message = parse_arp(frame_);
    if (!message) {
      return DropReason::kArpMalformed;
    }
    if (answers(message->sender.address)) {
      return DropReason::kArpSpoofsOwnAddress;
    }
    if (message->operation == ArpOperation::kRequest && !message->is_gratuitous() &&
        answers(message->target.address)) {
      say("an ARP request for {}, which natto answers", to_string(message->target.address));
      return Verdict::arp();
    }
    const bool from_gateway = !port.gateway_mac && port.gateway == message->sender.address;
    const bool for_kernel = port.kernel_interface && message->operation == ArpOperation::kReply &&
                            message->target.address == port.address.address;
    if (from_gateway || for_kernel) {
      say("ARP from {}, which natto {}", to_string(message->sender.address),
          from_gateway ? "sends packets to" : "gives to the kernel");
      return Verdict::arp();
    }
    return DropReason::kArpNotForNatto;
  }

  void explain_drop(DropReason dropped, bool may_be_reported) {
    const DropReasonInfo& reason = info(dropped);
    say("dropped: {}", reason.name);
    say("  {}", reason.meaning);
    say("  {}", reason.advice);
    const auto error = icmp_error_for(dropped);
    const bool silent = is_of_policy(dropped) && !table_.rules.answers;
    if (error && may_be_reported && !silent && config_.icmp.errors_per_second > 0) {
      say("  the sender is told by ICMP type {} code {}", error->type, error->code);
    }
  }

  const Config& config_;
  const MappingTable& table_;
  const MappingIndex index_;
  const RealmId in_;
  const std::span<const std::uint8_t> frame_;
  const Role role_;
  std::vector<std::string> steps_;
  std::string rule_;
};

}  // namespace

Result<RealmId> realm_of(const Config& config, const MappingTable& table, std::string_view name,
                         std::span<const std::uint8_t> frame) {
  const std::vector<std::string> names = config.realm_names();
  if (!name.empty()) {
    const auto realm = config.find_realm(name);
    return realm ? Result<RealmId>(*realm)
                 : input_error(fmt::format("there is no realm {}; there is {}", name,
                                           fmt::join(names, ", ")));
  }
  if (config.ports.size() == 1) {
    return RealmId{0};
  }
  const Ipv4Header* ip = ip_header(frame);
  if (ip == nullptr) {
    return input_error(
        fmt::format("the frame has no IPv4 header: add --realm ({})", fmt::join(names, ", ")));
  }
  const MappingIndex index(table);
  std::optional<RealmId> only;
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const auto realm = static_cast<RealmId>(i);
    if (index.find_real(realm, ip->source)) {
      if (only) {
        return input_error(fmt::format("{} is a real address in several realms: add --realm ({})",
                                       to_string(ip->source), fmt::join(names, ", ")));
      }
      only = realm;
    }
  }
  return only ? Result<RealmId>(*only)
              : input_error(fmt::format("{} is no real address in any realm: add --realm ({})",
                                        to_string(ip->source), fmt::join(names, ", ")));
}

Explanation explain(const Config& config, const MappingTable& table, RealmId realm,
                    std::span<const std::uint8_t> frame, Role role) {
  return Narrator(config, table, realm, frame, role).explain();
}

}  // namespace natto
