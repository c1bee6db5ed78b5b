#pragma once

// The way out of natto: a table as other programs take it. Each format says what it can; what it
// cannot say is told beside it. Pure: any thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/model.hpp"
#include "table/mapping.hpp"

namespace natto::exports {

enum class Format : std::uint8_t {
  kNft,       ///< rules for `nft -j -f`
  kIptables,  ///< rules for `iptables-restore`
  kCsv,
  kTgw,      ///< Transit Gateway NAT's JSON
  kHosts,    ///< lines of /etc/hosts
  kRoute53,  ///< a change batch of a private zone
  kDnsmasq,  ///< lines that rewrite another side's answers
  kAws,      ///< what a network interface of EC2 needs (doc/aws-addresses.md)
};

/// Instance `index` (from 1) of `count`.
struct Shard {
  unsigned index = 1;
  unsigned count = 1;
};

struct Options {
  Format format = Format::kCsv;
  std::optional<RealmId> realm = std::nullopt;  ///< the mappings of this one; absent: of all
  std::string domain = {};                      ///< without dots at its ends; empty: none
  std::optional<Shard> shard = std::nullopt;    ///< kAws alone
  /// Realm -> interface of the kernel, where it is not called as the realm; rules alone.
  std::map<std::string, std::string, std::less<>> interfaces = {};
};

struct Exported {
  std::string text;
  std::vector<std::string> notes = {};  ///< what it does not say, a line each
};

/// Errors are of kind kInput: the format cannot say this table, or an option is missing.
[[nodiscard]] Result<Exported> export_table(const MappingTable& table, const Config& config,
                                            const Options& options);

}  // namespace natto::exports
