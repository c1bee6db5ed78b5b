#include "table/table_digest.hpp"

#include <fmt/format.h>
// sha2.h needs what sys/types.h declares.
#include <sys/types.h>

#include <sha2.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "table/policy_text.hpp"

namespace natto {

std::string table_digest(const MappingTable& table, const Config& config) {
  std::vector<std::size_t> order(table.mappings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {},
                    [&](std::size_t i) -> const std::string& { return table.mappings[i].name; });

  SHA2_CTX context;
  SHA256Init(&context);
  const auto add = [&context](const std::string& line) {
    SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(line.data()), line.size());
  };
  for (const std::size_t i : order) {
    const Mapping& mapping = table.mappings[i];
    add(fmt::format("{}\t{}\t{}\t{}\n", mapping.name, config.ports[mapping.realm].realm,
                    to_string(mapping.real), to_string(mapping.mapped)));
  }
  for (const PolicyPart& part : policy_parts(table.rules, config)) {
    add(to_line(part) + '\n');
  }
  std::array<char, SHA256_DIGEST_STRING_LENGTH> digest{};
  SHA256End(&context, digest.data());
  return digest.data();
}

}  // namespace natto
