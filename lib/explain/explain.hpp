#pragma once

// What natto would do with a packet, step by step, decided by the rules of the packet path itself.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "config/model.hpp"
#include "packet/verdict.hpp"

namespace natto {

struct ExplainQuery {
  Ipv4Address source;
  Ipv4Address destination;
  std::string realm;           ///< where the packet comes from; empty: the only realm it can be
  std::uint8_t protocol = 17;  ///< IANA's number
  std::uint16_t length = 100;  ///< bytes of the IPv4 packet
  std::uint8_t ttl = 64;
  bool dont_fragment = false;
};

struct Explanation {
  Verdict verdict;                 ///< forward, to_own_address or a drop
  std::vector<std::string> steps;  ///< lines for a person
};

/// An error if the query makes no sense: no such realm, or several it may mean.
[[nodiscard]] Result<Explanation> explain(const Config& config, const MappingTable& table,
                                          const ExplainQuery& query);

/// "tcp", "udp", "icmp" and other names, or a number.
[[nodiscard]] std::optional<std::uint8_t> parse_protocol(std::string_view text);

/// A query as one line without spaces, and back: "realm,source,destination,protocol,length,ttl,df".
[[nodiscard]] std::string to_string(const ExplainQuery& query);
[[nodiscard]] Result<ExplainQuery> parse_explain_query(std::string_view text);

}  // namespace natto
