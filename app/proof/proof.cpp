#include "proof/proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>
#include <vector>

#include "captures/capture_writer.hpp"
#include "explain/explain.hpp"
#include "explain/mapping_index.hpp"
#include "lines.hpp"
#include "packet/flow.hpp"
#include "packet/wire.hpp"
#include "packet_line.hpp"
#include "pcapng_writer.hpp"
#include "proof/random_packets.hpp"
#include "proof/rule_sandbox.hpp"
#include "proof/table_side.hpp"

namespace natto::proof {
namespace {

constexpr std::size_t kMostShown = 10;

/// What loads the rules as they were written.
Result<std::vector<LoaderStep>> steps_for(const std::string& text, old_rules::Dialect dialect) {
  if (dialect == old_rules::Dialect::kNft) {
    return std::vector<LoaderStep>{{.words = {"nft", "-j", "-f", "-"}, .input = text}};
  }
  if (dialect != old_rules::Dialect::kIptables) {
    return input_error("a list of mappings is no rules: there is nothing to try it beside");
  }
  std::string sets;
  std::string rules;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string line = text.substr(at, end - at);
    const bool of_a_set = line.starts_with("create ") || line.starts_with("add ");
    (of_a_set ? sets : rules) += line;
    at = end;
  }
  if (rules.find("\nCOMMIT") == std::string::npos) {
    return input_error(
        "only what iptables-save (or nft -j list ruleset) prints can be tried: nothing runs a "
        "script.\nSave the rules where they are loaded");
  }
  std::vector<LoaderStep> steps;
  if (!sets.empty()) {
    steps.push_back({.words = {"ipset", "restore"}, .input = std::move(sets)});
  }
  steps.push_back({.words = {"iptables-restore"}, .input = std::move(rules)});
  return steps;
}

/// Gives the ports addresses that no mapping touches.
Status find_room(Config& config, const MappingTable& table) {
  constexpr std::array kFree = {Ipv4Address::of(198, 18, 0, 0), Ipv4Address::of(203, 0, 113, 0),
                                Ipv4Address::of(192, 0, 2, 0), Ipv4Address::of(10, 255, 254, 0)};
  constexpr std::uint8_t kLength = 24;
  const auto is_free = [&](Ipv4Address address) {
    const Ipv4Prefix network{address, kLength};
    return std::ranges::none_of(table.mappings, [&](const Mapping& mapping) {
      return mapping.real.overlaps(network) || mapping.mapped.overlaps(network);
    });
  };
  const auto* found = std::ranges::find_if(kFree, is_free);
  if (found == kFree.end()) {
    return input_error("the table maps all addresses that the proof could take for itself");
  }
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    constexpr std::uint8_t kSmall = 30;
    config.ports[i].address = {
        Ipv4Address::from_host(found->host() + static_cast<std::uint32_t>(4 * i) + 1), kSmall};
    config.ports[i].gateway_mac = MacAddress{{0x02, 0, 0, 0, 0, 0xfe}};
  }
  config.icmp.errors_per_second = 0;
  return Done{};
}

/// What a router says itself is no packet that it forwarded.
bool is_icmp_error_packet(const Bytes& packet) {
  constexpr std::array<std::uint8_t, 4> kErrors = {3, 5, 11, 12};
  return packet[9] == protocol::kIcmp && packet.size() > sizeof(Ipv4Header) &&
         std::ranges::find(kErrors, packet[sizeof(Ipv4Header)]) != kErrors.end();
}

class Prover {
 public:
  explicit Prover(const Request& request) : request_(request), config_(request.config) {}

  Result<Outcome> run() {
    if (const Status status = find_room(config_, request_.table); !status) {
      return status.error();
    }
    if (const Status status = ask_the_kernel(); !status) {
      return status.error();
    }
    Result<Outputs> table = send_through_table(config_, request_.table, packets_);
    if (!table) {
      return table.error();
    }
    by_table_ = *std::move(table);
    compare();
    if (const Status status = write_differing(); !status) {
      return status.error();
    }
    return Outcome{.text = report(), .differs = !differing_.empty()};
  }

 private:
  Status ask_the_kernel() {
    Result<std::vector<LoaderStep>> steps = steps_for(request_.text, request_.rules.dialect);
    if (!steps) {
      return steps.error();
    }
    SandboxPlan plan{.steps = *std::move(steps), .hosts = {}};
    for (const auto& [realm, interface] : request_.interfaces) {
      realms_[interface] = realm;
      plan.hosts[interface];
    }
    for (const Mapping& mapping : request_.table.mappings) {
      plan.hosts[interface_of(config_.ports[mapping.realm].realm)].push_back(mapping.real);
    }
    if (const Status status = check_routes(plan); !status) {
      return status.error();
    }
    Result<RuleSandbox> sandbox = RuleSandbox::create(plan);
    if (!sandbox) {
      return sandbox.error();
    }
    PacketMaker maker(config_, request_.table, request_.rules, request_.seed);
    const std::uint32_t openers = request_.packets - request_.packets / 3;
    while (packets_.size() < openers) {
      packets_.push_back(maker.opener());
    }
    if (const Status status = send_from(*sandbox, 0); !status) {
      return status.error();
    }
    for (std::size_t i = 0; i < openers && packets_.size() < request_.packets; ++i) {
      const auto passed = by_rules_.find(identification(packets_[i]));
      if (passed != by_rules_.end() && passed->second.size() == 1) {
        packets_.push_back(maker.answer_to(passed->second[0]));
      }
    }
    return send_from(*sandbox, openers);
  }

  [[nodiscard]] const std::string& interface_of(const std::string& realm) const {
    return request_.interfaces.at(realm);
  }

  /// The kernel has one way to an address.
  [[nodiscard]] Status check_routes(const SandboxPlan& plan) const {
    std::map<std::pair<std::uint32_t, std::uint8_t>, std::string> ways;
    for (const auto& [interface, hosts] : plan.hosts) {
      for (const Ipv4Prefix& prefix : hosts) {
        const auto [at, is_new] =
            ways.try_emplace({prefix.first().host(), prefix.length}, interface);
        if (!is_new) {
          return input_error(fmt::format(
              "{} is behind {} and behind {}; a kernel with these rules needs more than "
              "them for that (VRFs), so they cannot be tried by themselves",
              to_string(prefix), at->second, interface));
        }
      }
    }
    return Done{};
  }

  static std::uint16_t identification(const TestPacket& packet) {
    return identification_of(&packet.frame[kIpv4Offset]);
  }

  Status send_from(RuleSandbox& sandbox, std::size_t first) {
    std::vector<RuleSandbox::Output> outputs;
    for (std::size_t i = first; i < packets_.size(); ++i) {
      const std::span<const std::uint8_t> frame(packets_[i].frame);
      const Status status =
          sandbox.send(interface_of(packets_[i].realm), frame.subspan(kIpv4Offset), outputs);
      if (!status) {
        return status.error();
      }
    }
    sandbox.settle(outputs);
    for (RuleSandbox::Output& output : outputs) {
      if (!is_icmp_error_packet(output.packet)) {
        by_rules_[identification_of(output.packet.data())].push_back(
            {realms_.at(output.interface), std::move(output.packet)});
      }
    }
    return Done{};
  }

  void compare() {
    const std::vector<Forwarded> nothing;
    const auto of = [&](const Outputs& outputs, const TestPacket& packet) -> const auto& {
      const auto found = outputs.find(identification(packet));
      return found == outputs.end() ? nothing : found->second;
    };
    for (const TestPacket& packet : packets_) {
      const std::vector<Forwarded>& rules = of(by_rules_, packet);
      const std::vector<Forwarded>& table = of(by_table_, packet);
      if (rules == table) {
        ++(rules.empty() ? refused_alike_ : forwarded_alike_);
      } else if (rules.empty() && passes_as_an_answer(packet)) {
        ++answers_;
      } else if (table.empty() && passes_untranslated(packet, rules)) {
        ++unmapped_senders_;
      } else {
        differing_.push_back({&packet, described(packet, rules, table)});
      }
    }
  }

  /// The rules pass whoever sends; natto wants a mapping for both ends.
  static bool passes_untranslated(const TestPacket& packet, const std::vector<Forwarded>& rules) {
    constexpr std::size_t kSource = 12;
    const auto source = packet.frame.begin() + kIpv4Offset + kSource;
    return rules.size() == 1 && std::equal(source, source + 4, rules[0].packet.begin() + kSource);
  }

  /// It would not pass if it had to open a conversation.
  [[nodiscard]] bool passes_as_an_answer(const TestPacket& packet) const {
    if (request_.table.compiled == nullptr) {
      return false;
    }
    const auto& ip = header_at<Ipv4Header>(std::span(packet.frame), kIpv4Offset);
    const MappingIndex index(request_.table);
    const auto source = index.find_real(*config_.find_realm(packet.realm), ip.source);
    const auto destination = index.find_mapped(ip.destination);
    if (!source || !destination) {
      return false;
    }
    Flow flow = flow_of_whole(ip.protocol,
                              std::span(packet.frame).subspan(kIpv4Offset + sizeof(Ipv4Header)));
    flow.role = FlowRole::kOpens;
    return !request_.table.compiled->policy.judge(source->group, destination->group, flow)
                .verdict.is_forward();
  }

  [[nodiscard]] std::string described(const TestPacket& packet, const std::vector<Forwarded>& rules,
                                      const std::vector<Forwarded>& table) const {
    const Explanation explained =
        explain(config_, request_.table, *config_.find_realm(packet.realm), packet.frame);
    const std::string reason =
        explained.verdict.is_drop()
            ? fmt::format("drops it: {}", info(explained.verdict.reason()).name)
            : "does not forward it";
    return fmt::format("from {}: {} {}; the rules {}, natto {}", packet.realm,
                       addresses_text(packet.frame), content_text(packet.frame),
                       in_words(rules, "do not forward it"), in_words(table, reason));
  }

  static std::string in_words(const std::vector<Forwarded>& outputs, const std::string& if_none) {
    std::string text;
    for (const Forwarded& output : outputs) {
      Bytes frame(kIpv4Offset);
      frame[12] = 0x08;
      frame.insert(frame.end(), output.packet.begin(), output.packet.end());
      text += fmt::format("{}{} to {}", text.empty() ? "" : " and ", addresses_text(frame),
                          output.realm);
    }
    return text.empty() ? if_none : "forward it as " + text;
  }

  [[nodiscard]] Status write_differing() const {
    if (request_.differing.empty()) {
      return Done{};
    }
    constexpr std::uint64_t kNsBetween = 1000;
    if (config_.ports.size() == 1) {  // whose realm may have another name in natto.toml
      Result<CaptureWriter> writer =
          CaptureWriter::create(request_.differing, CaptureFormat::kPcapng, config_.ports[0].realm);
      for (std::size_t i = 0; writer && i < differing_.size(); ++i) {
        const auto& [packet, text] = differing_[i];
        writer->write(i * kNsBetween, packet->frame,
                      static_cast<std::uint32_t>(packet->frame.size()), {&text, 1});
      }
      return writer ? writer->finish() : writer.error();
    }
    std::ofstream file(request_.differing, std::ios::binary);
    PcapngWriter writer(file, UINT16_MAX);
    for (std::size_t i = 0; i < differing_.size(); ++i) {
      const auto& [packet, text] = differing_[i];
      writer.write({.realm = packet->realm,
                    .outgoing = false,
                    .packet_id = i + 1,
                    .unix_ns = i * kNsBetween,
                    .length = packet->frame.size(),
                    .bytes = packet->frame,
                    .comment = text});
    }
    return file.flush() ? Status(Done{})
                        : Status(system_error("cannot write " + request_.differing.string()));
  }

  [[nodiscard]] std::string report() const {
    Lines lines;
    lines.add("{} packets through the rules and through the table, seed {}:", packets_.size(),
              request_.seed);
    lines.add("{:>9} forwarded alike, to the last byte", forwarded_alike_);
    lines.add("{:>9} refused alike", refused_alike_);
    if (answers_ > 0) {
      lines.add(
          "{:>9} pass natto alone, as answers that nobody asked for: it keeps no state "
          "(doc/policy.md)",
          answers_);
    }
    if (unmapped_senders_ > 0) {
      lines.add("{:>9} pass the rules alone, untranslated, from senders without a mapping",
                unmapped_senders_);
    }
    lines.add("{:>9} differ", differing_.size());
    for (std::size_t i = 0; i < std::min(differing_.size(), kMostShown); ++i) {
      lines.add("{}", differing_[i].second);
    }
    if (differing_.size() > kMostShown) {
      lines.add("... and {} more", differing_.size() - kMostShown);
    }
    return lines.take();
  }

  const Request& request_;
  Config config_;
  std::map<std::string, std::string> realms_;  ///< interface -> realm
  std::vector<TestPacket> packets_;
  Outputs by_rules_;
  Outputs by_table_;
  std::size_t forwarded_alike_ = 0;
  std::size_t refused_alike_ = 0;
  std::size_t answers_ = 0;
  std::size_t unmapped_senders_ = 0;
  std::vector<std::pair<const TestPacket*, std::string>> differing_;
};

}  // namespace

Result<Outcome> prove(const Request& request) { return Prover(request).run(); }

}  // namespace natto::proof
