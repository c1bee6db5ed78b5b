#pragma once

// What the page at / asks the exporter for, as JSON. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/history.hpp"
#include "exporter/snapshot.hpp"

namespace natto {

/// The page itself: HTML with all it needs.
extern const std::string_view kPage;

/// What natto is and does now, and did in the last minutes. Of a natto that does not answer the
/// error, and the last minutes.
[[nodiscard]] std::string page_json(const Result<Snapshot>& natto, const History& history);

/// Rows that the page shows at most.
inline constexpr std::size_t kMostRows = 50;

/// Those of `mappings` that `text` finds: all if it is empty or an address or prefix, for which
/// natto itself was asked, else those whose names contain it, upper or lower case. The busiest
/// first. `not_asked_for`: how many more there are.
[[nodiscard]] std::string mappings_json(std::vector<api::MappingReport> mappings,
                                        std::string_view text, std::uint64_t not_asked_for = 0);
[[nodiscard]] std::string mappings_json(const Error& error);

/// What natto is asked for to find `text`: the busiest, an address or prefix, or all.
[[nodiscard]] api::MappingsRequest request_for(const std::string& text);

}  // namespace natto
