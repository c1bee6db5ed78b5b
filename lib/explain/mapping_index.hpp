#pragma once

#include <cstdint>
#include <optional>

#include "config/model.hpp"
#include "packet/translation.hpp"
#include "table/mapping.hpp"
#include "table/policy_compiler.hpp"

namespace natto {

/// Finds translations in a MappingTable as the packet path finds them in its hash, one mapping
/// after the other: for single packets.
class MappingIndex {
 public:
  /// `table` outlives it.
  explicit MappingIndex(const MappingTable& table) noexcept
      : mappings_(table.mappings), compiled_(table.compiled.get()) {}

  [[nodiscard]] std::optional<Translation> find_real(RealmId realm, Ipv4Address address) const {
    for (std::uint32_t i = 0; i < mappings_.size(); ++i) {
      const Mapping& m = mappings_[i];
      if (m.realm == realm && m.real.contains(address)) {
        return Translation::of(m.real, m.mapped, m.realm, i, group_of(i, address));
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Translation> find_mapped(Ipv4Address address) const {
    for (std::uint32_t i = 0; i < mappings_.size(); ++i) {
      const Mapping& m = mappings_[i];
      if (m.mapped.contains(address)) {
        const Ipv4Address real =
            Translation::of(m.mapped, m.real, m.realm, i).apply(address).address;
        return Translation::of(m.mapped, m.real, m.realm, i, group_of(i, real));
      }
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] Policy::Group group_of(std::uint32_t mapping, Ipv4Address real) const {
    return compiled_ == nullptr ? 0 : compiled_->group_of(mapping, real);
  }

  const std::vector<Mapping>& mappings_;
  const CompiledPolicy* compiled_;  ///< null: the table has no policy
};

}  // namespace natto
