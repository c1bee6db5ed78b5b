#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace natto {

/// A table of fewer mappings may be replaced by any other without being asked.
inline constexpr std::size_t kFewestGuarded = 10;

/// Whether taking `removed` of `before` mappings away is more than the share `most`.
[[nodiscard]] bool takes_too_much(std::size_t removed, std::size_t before, double most) noexcept;

/// What is to be told then of the table with `digest` in `file`: how much it takes away, and the
/// command that lets it.
[[nodiscard]] std::string guard_objection(const std::filesystem::path& file, std::size_t removed,
                                          std::size_t before, double most,
                                          const std::string& digest);

}  // namespace natto
