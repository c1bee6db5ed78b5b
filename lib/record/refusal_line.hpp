#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "config/model.hpp"
#include "packet/translation.hpp"
#include "record/refusal_ledger.hpp"
#include "table/mapping.hpp"

namespace natto {

/// What the table in force has for a flow's addresses, as they came.
struct RefusedEnds {
  std::optional<Translation> source;       ///< of a real address of the flow's realm
  std::optional<Translation> destination;  ///< of a mapped address
};

/// `refusal` as one JSON object on one line, without its end. `table` is where `ends` come from.
/// Any thread.
[[nodiscard]] std::string refusal_line(const Refusal& refusal, const RefusedEnds& ends,
                                       const MappingTable& table, const Config& config,
                                       std::chrono::system_clock::time_point now);

}  // namespace natto
