#pragma once

#include <cstdint>
#include <optional>

#include "config/model.hpp"
#include "packet/translation.hpp"
#include "table/mapping.hpp"

namespace natto {

/// Finds translations in a MappingTable as the packet path finds them in its hash, one mapping
/// after the other: for single packets.
class MappingIndex {
 public:
  /// `table` outlives it.
  explicit MappingIndex(const MappingTable& table) noexcept : mappings_(table.mappings) {}

  [[nodiscard]] std::optional<Translation> find_real(RealmId realm, Ipv4Address address) const {
    for (std::uint32_t i = 0; i < mappings_.size(); ++i) {
      const Mapping& m = mappings_[i];
      if (m.realm == realm && m.real.contains(address)) {
        return Translation::of(m.real, m.mapped, m.realm, i);
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Translation> find_mapped(Ipv4Address address) const {
    for (std::uint32_t i = 0; i < mappings_.size(); ++i) {
      const Mapping& m = mappings_[i];
      if (m.mapped.contains(address)) {
        return Translation::of(m.mapped, m.real, m.realm, i);
      }
    }
    return std::nullopt;
  }

 private:
  const std::vector<Mapping>& mappings_;
};

}  // namespace natto
