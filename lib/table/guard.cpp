#include "table/guard.hpp"

#include <fmt/format.h>

namespace natto {

bool takes_too_much(std::size_t removed, std::size_t before, double most) noexcept {
  return before >= kFewestGuarded &&
         static_cast<double>(removed) > most * static_cast<double>(before);
}

std::string guard_objection(const std::filesystem::path& file, std::size_t removed,
                            std::size_t before, double most, const std::string& digest) {
  return fmt::format(
      "{}: takes away {} of {} mappings, and [table] max_removed is {}\n"
      "  if that is meant: natto reload --confirm {}",
      file.string(), removed, before, most, digest);
}

}  // namespace natto
