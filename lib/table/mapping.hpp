#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/realm.hpp"
#include "signature/verify.hpp"
#include "table/policy_rules.hpp"

namespace natto {

/// [[mapping]]: `real` (what the host has in its realm) <-> `mapped` (what every other realm sees).
struct Mapping {
  std::string name;  ///< unique, not empty
  RealmId realm = 0;
  Ipv4Prefix real;         ///< no host bits; a host is a /32
  Ipv4Prefix mapped;       ///< as long as `real`
  std::uint32_t line = 0;  ///< of its [[mapping]] header in the file, counted from 1
};

/// Whether they have the same addresses in the same realm, whatever their names.
[[nodiscard]] inline bool translates_alike(const Mapping& a, const Mapping& b) noexcept {
  return a.realm == b.realm && a.real == b.real && a.mapped == b.mapped;
}

struct CompiledPolicy;

/// mappings.toml: a bijection between {realm, real address} and mapped address (R12).
struct MappingTable {
  std::vector<Mapping> mappings;           ///< in the file's order when they came into force
  std::filesystem::path file = {};         ///< where they are written, on their `line`s
  std::vector<std::string> warnings = {};  ///< of what is right, but hardly meant: a line each
  PolicyRules rules = {};                  ///< who may talk to whom
  std::shared_ptr<const CompiledPolicy> compiled = {};  ///< of them; null where there are none
  std::optional<std::uint64_t> serial = std::nullopt;   ///< its number among those agreed on
  std::uint32_t serial_line = 1;  ///< in the file; the first where it has no serial
  std::vector<ssh::GoodSignature> signatures = {};  ///< of the bytes that it was read from
};

}  // namespace natto
