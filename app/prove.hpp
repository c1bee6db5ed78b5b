#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "import/analysis.hpp"
#include "import/rules.hpp"

namespace natto {

/// What --prove has beside it.
struct ProofArguments {
  bool wanted = false;
  std::filesystem::path table;  ///< a file of mappings; empty: what the import makes
  std::uint32_t packets = 10'000;
  std::optional<std::uint64_t> seed;  ///< absent: a new one
  std::filesystem::path differing;
};

/// Tries `rules`, which were read from `text`, beside the table that `arguments` name, or else
/// beside `imported`, a file of mappings. What it prints; of kind kNotSent, printed already, if
/// they differ.
[[nodiscard]] Result<std::string> prove_rules(const ProofArguments& arguments,
                                              const std::string& text,
                                              const old_rules::Ruleset& rules,
                                              const old_rules::Realms& realms,
                                              const std::string& imported);

}  // namespace natto
