#pragma once

// The policy as a mapping file has it: who may talk to whom, and how much.

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/realm.hpp"

namespace natto {

/// Some of the mapped hosts, as a rule names them.
struct Endpoint {
  enum class Kind : std::uint8_t {
    kMapping,  ///< "a-app"
    kRealm,    ///< "realm:company-a"
    kPrefix,   ///< "10.1.8.16/28" or "company-a:10.1.8.16/28": by real address
  };
  Kind kind = Kind::kMapping;
  RealmId realm = 0;       ///< of any kind
  Ipv4Prefix prefix = {};  ///< of a mapping its real addresses; of a realm 0.0.0.0/0
  std::string name = {};   ///< of a mapping; else empty

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0xffff;

  friend constexpr auto operator<=>(const PortRange&, const PortRange&) = default;
};

/// [[allow]]
struct AllowRule {
  std::string name;
  std::vector<Endpoint> from = {};
  std::vector<Endpoint> to = {};
  bool between = false;                      ///< either side may open
  std::vector<std::uint8_t> protocols = {};  ///< ascending; none: every protocol
  std::vector<PortRange> ports = {};         ///< ascending and apart; none: all
  std::uint32_t line = 0;                    ///< of its header
};

/// [[limit]]
struct LimitRule {
  std::string name;
  std::vector<Endpoint> from = {};       ///< none: everybody
  std::vector<Endpoint> to = {};         ///< none: everybody
  std::uint64_t packets_per_second = 0;  ///< 0: any number
  std::uint64_t bits_per_second = 0;     ///< of IPv4 packets; 0: any number
  std::uint32_t burst_ms = 10;
  std::uint32_t line = 0;
};

struct PolicyRules {
  bool denies = false;  ///< [policy] default = "deny"
  bool answers = true;  ///< [policy] answer = "prohibited"
  std::vector<AllowRule> allow = {};
  std::vector<LimitRule> limits = {};

  /// Whether there is no policy at all: everything passes.
  [[nodiscard]] bool empty() const noexcept { return !denies && allow.empty() && limits.empty(); }
};

}  // namespace natto
