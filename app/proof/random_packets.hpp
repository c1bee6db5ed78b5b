#pragma once

// Packets that find out whether rules and a table do the same. Half of them go between hosts that a
// rule names together, so that there is something to pass; the others between any, some of them
// from or to addresses that nobody knows.

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "config/model.hpp"
#include "import/rules.hpp"
#include "import/services.hpp"
#include "proof/test_packet.hpp"
#include "table/mapping.hpp"

namespace natto::proof {

class PacketMaker {
 public:
  /// `table` is not empty. All three outlive it.
  PacketMaker(const Config& config, const MappingTable& table, const old_rules::Ruleset& rules,
              std::uint64_t seed);

  /// The first packet of a conversation: TCP with SYN, UDP, an ICMP query, or another protocol.
  [[nodiscard]] TestPacket opener();
  /// What the host that received `packet` sends back.
  [[nodiscard]] TestPacket answer_to(const Forwarded& packet);

 private:
  struct Ends {
    RealmId realm;
    Ipv4Address source;
    Ipv4Address destination;
  };
  /// Of a rule of the old rules that names both.
  struct NamedPair {
    old_rules::Range source;
    old_rules::Range destination;
  };

  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] bool one_in(unsigned times) { return below(times) == 0; }
  template <typename List>
  [[nodiscard]] const auto& any_of(const List& list) {
    return list[below(list.size())];
  }
  [[nodiscard]] Ipv4Address any_address(const Ipv4Prefix& prefix);
  [[nodiscard]] std::uint32_t any_of_range(const old_rules::Range& range);
  [[nodiscard]] Ends ends();
  [[nodiscard]] Ends ends_of_mappings();
  [[nodiscard]] std::optional<Ends> ends_of_policy();
  [[nodiscard]] std::optional<Ends> ends_of_old_rule();
  void spoil(Ends& ends);
  [[nodiscard]] std::optional<std::pair<const Mapping*, Ipv4Address>> any_host(
      const Endpoint& endpoint);
  [[nodiscard]] TestPacket finished(RealmId realm, Bytes frame);

  const Config& config_;
  const MappingTable& table_;
  std::vector<NamedPair> pairs_;
  old_rules::Services services_;
  std::mt19937_64 random_;
  std::uint16_t identification_ = 0;
};

}  // namespace natto::proof
