#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.hpp"
#include "base/realm.hpp"

namespace natto {

/// Which mapping has which real addresses. No two of a realm may overlap.
class RealAddresses {
 public:
  struct Entry {
    Ipv4Prefix real;
    std::uint32_t mapping;  ///< its place in the file
  };

  void add(RealmId realm, const Ipv4Prefix& real, std::uint32_t mapping) {
    of_realm_.resize(std::max<std::size_t>(of_realm_.size(), realm + std::size_t{1}));
    of_realm_[realm].push_back({real, mapping});
  }
  /// When all are added.
  void sort() {
    for (auto& entries : of_realm_) {
      std::ranges::sort(entries, {}, [](const Entry& entry) { return entry.real.first(); });
    }
  }

  /// The mappings that have addresses of `prefix`, which has no host bits.
  [[nodiscard]] std::span<const Entry> within(RealmId realm, const Ipv4Prefix& prefix) const {
    if (realm >= of_realm_.size()) {
      return {};
    }
    const auto& entries = of_realm_[realm];
    const auto first = std::ranges::lower_bound(
        entries, prefix.first(), {}, [](const Entry& entry) { return entry.real.last(); });
    const auto last =
        std::ranges::upper_bound(first, entries.end(), prefix.last(), {},
                                 [](const Entry& entry) { return entry.real.first(); });
    return {first, last};
  }

 private:
  std::vector<std::vector<Entry>> of_realm_;
};

}  // namespace natto
