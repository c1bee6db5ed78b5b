#include "table/kept_table.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/write_all.hpp"
#include "config/state_folder.hpp"
#include "config/toml/source_text.hpp"
#include "table/mapping_file.hpp"

namespace natto {
namespace {

/// `file` says `text`, or what it said before. False: errno says why not.
bool replace(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path next = file.string() + ".new";
  const Descriptor written(open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!written) {
    return false;
  }
  if (!write_all(written.get(), text) || fsync(written.get()) != 0 ||
      std::rename(next.c_str(), file.c_str()) != 0) {
    const int why = errno;
    unlink(next.c_str());
    errno = why;
    return false;
  }
  const Descriptor folder(open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder && fsync(folder.get()) == 0;
}

}  // namespace

KeptTable::KeptTable(const Config& config) : folder_(state_folder(config)) {}

std::string KeptTable::rolled_back() const {
  auto digest = read_file(rollback_file());
  return digest ? *std::move(digest) : "";
}

// In an order in which the rollback is known, whenever the machine fails: a digest that is written
// without its table, or that outlives it, is that of the table that is kept.
Status KeptTable::keep(const MappingTable& table, const Config& config,
                       std::string_view rolled_back) const {
  const std::string text = mapping_file_text(
      table, config, "# The table that natto had in force last. natto replaces this file.\n");
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) {
    return system_error(fmt::format("{}: {}", folder_.string(), error.message()));
  }
  const bool kept =
      (rolled_back.empty() || replace(rollback_file(), rolled_back)) && replace(file(), text);
  if (!kept) {
    return system_error(fmt::format("{}: {}", file().string(), std::strerror(errno)));
  }
  if (rolled_back.empty()) {
    forget_rollback();
  }
  return Done{};
}

void KeptTable::forget_rollback() const {
  std::error_code ignored;
  std::filesystem::remove(rollback_file(), ignored);
}

}  // namespace natto
