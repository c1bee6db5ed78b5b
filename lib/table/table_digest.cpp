#include "table/table_digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/sha256.hpp"
#include "table/policy_text.hpp"

namespace natto {

std::string table_digest(const MappingTable& table, const Config& config) {
  std::vector<std::size_t> order(table.mappings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {},
                    [&](std::size_t i) -> const std::string& { return table.mappings[i].name; });

  Sha256 sum;
  for (const std::size_t i : order) {
    const Mapping& mapping = table.mappings[i];
    sum.add(fmt::format("{}\t{}\t{}\t{}\n", mapping.name, config.ports[mapping.realm].realm,
                        to_string(mapping.real), to_string(mapping.mapped)));
  }
  for (const PolicyPart& part : policy_parts(table.rules, config)) {
    sum.add(to_line(part) + '\n');
  }
  return sum.hex();
}

}  // namespace natto
