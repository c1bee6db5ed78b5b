#pragma once

// A table as rules of the kernel's packet filter, whichever dialect they are to be written in.
//
// Both ends are translated as natto does it: the destination before the packet is routed, the
// source after. Between the two the rules of `forward` see real addresses: a known sender, then a
// known receiver that was reached by its mapped address, then what the policy allows. What passed
// once has a connection, and that lets the answers pass.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "export/exporter.hpp"
#include "table/policy_rules.hpp"

namespace natto::exports {

/// Ports of a protocol.
struct FilterService {
  std::uint8_t protocol;
  std::vector<PortRange> ports = {};  ///< of the destination; none: all
};

/// What does not stand in a rule is not asked.
struct FilterRule {
  enum class Asks : std::uint8_t {
    kNothing,
    kFollows,     ///< it belongs to a connection that is known
    kTranslated,  ///< its destination, or that of its connection, has been translated
  };
  enum class Does : std::uint8_t { kAccept, kReject, kJump, kToReal, kToMapped };
  std::string comment = {};  ///< the name of a mapping or rule
  std::optional<std::string> in = std::nullopt;
  std::optional<std::string> out = std::nullopt;
  std::optional<Ipv4Prefix> source = std::nullopt;
  std::optional<Ipv4Prefix> destination = std::nullopt;
  std::optional<FilterService> service = std::nullopt;
  Asks asks = Asks::kNothing;
  Does does = Does::kAccept;
  std::string chain = {};  ///< of kJump
  Ipv4Prefix to = {};      ///< of kToReal and kToMapped; as long as `destination` or `source`
};

struct FilterRules {
  static constexpr const char* kReceivers = "natto-receivers";
  static constexpr const char* kAllowed = "natto-allowed";

  std::vector<FilterRule> prerouting = {};
  std::vector<FilterRule> postrouting = {};
  std::vector<FilterRule> forward = {};                           ///< drops what no rule takes
  std::vector<FilterRule> receivers = {};                         ///< the chain kReceivers
  std::optional<std::vector<FilterRule>> allowed = std::nullopt;  ///< kAllowed, under a policy
  std::vector<std::string> notes = {};                            ///< what they do not say
};

[[nodiscard]] Result<FilterRules> filter_rules(const MappingTable& table, const Config& config,
                                               const Options& options);

}  // namespace natto::exports
