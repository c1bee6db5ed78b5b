#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/realm.hpp"
#include "config/diagnostics.hpp"
#include "config/known_ports.hpp"

namespace natto {

/// Finds realms by the names that a mapping file uses. Holds references to what it was made from.
class RealmFinder {
 public:
  RealmFinder(const KnownPorts& ports, Diagnostics& diagnostics);

  /// The realm called `name`, which stands at `position`. None if it is unknown, which is reported
  /// unless there may be realms beside the known ones.
  [[nodiscard]] std::optional<RealmId> find(Position position, std::string_view name) const;

  /// By RealmId.
  [[nodiscard]] std::span<const std::string_view> names() const noexcept { return names_; }
  /// Whether there is no realm but these.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

 private:
  std::vector<std::string_view> names_;
  bool complete_;
  Diagnostics& diagnostics_;
};

}  // namespace natto
