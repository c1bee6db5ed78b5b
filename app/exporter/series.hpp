#pragma once

#include <string>

#include "exporter/exposition.hpp"
#include "exporter/snapshot.hpp"

namespace natto {

/// All series of a natto that answered within so long. Pure.
[[nodiscard]] std::string series_of(const Snapshot& natto, double scrape_seconds,
                                    ExpositionFormat format);

/// Of a natto that did not: that it is not up.
[[nodiscard]] std::string series_of_none(ExpositionFormat format);

}  // namespace natto
