#pragma once

// A [[mapping]] while its file is being checked: what is missing or wrong has no value.

#include <optional>
#include <string>

#include "base/address.hpp"
#include "config/diagnostics.hpp"
#include "config/model.hpp"

namespace natto {

struct MappingEntry {
  Position header;  ///< of its [[mapping]], or of its '{' in "mapping = [{...}]"
  std::optional<Located<std::string>> name;
  std::optional<RealmId> realm;
  std::optional<Located<Ipv4Prefix>> real;
  std::optional<Located<Ipv4Prefix>> mapped;
};

}  // namespace natto
