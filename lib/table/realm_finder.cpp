#include "table/realm_finder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.hpp"

namespace natto {

RealmFinder::RealmFinder(const KnownPorts& ports, Diagnostics& diagnostics)
    : complete_(ports.complete), diagnostics_(diagnostics) {
  for (const KnownPort& port : ports.ports) {
    names_.push_back(port.realm);
  }
}

std::optional<RealmId> RealmFinder::find(Position position, std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found != names_.end()) {
    return static_cast<RealmId>(found - names_.begin());
  }
  if (complete_) {
    const std::string_view best = nearest(name, names_);
    diagnostics_.add(position,
                     fmt::format("unknown realm {}; {}", in_quotes(name),
                                 best.empty() ? fmt::format("there is {}", fmt::join(names_, ", "))
                                              : fmt::format("did you mean {}?", in_quotes(best))));
  }
  return std::nullopt;
}

}  // namespace natto
