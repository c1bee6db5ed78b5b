#include "table/kept_table.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/write_all.hpp"
#include "config/state_folder.hpp"
#include "config/toml/source_text.hpp"
#include "table/loader.hpp"
#include "table/mapping_file.hpp"
#include "table/table_digest.hpp"

namespace natto {
namespace {

constexpr std::size_t kMostRecordBytes = std::size_t{1} << 20;

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

KeptTable::Record KeptTable::record() const {
  Record record;
  const auto text = read_bounded_file(record_file(), kMostRecordBytes);
  std::istringstream lines(text ? *text : "");
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "digest") {
      words >> record.digest;
    } else if (KnownTable known; kind == "serial" && words >> known.serial >> known.digest) {
      record.newest = std::move(known);
    } else if (std::pair<std::string, ssh::GoodSignature> signature;
               kind == "signed" && words >> signature.first >> signature.second.party >>
                                       signature.second.key >> signature.second.key_type) {
      record.signatures.push_back(std::move(signature));
    }
  }
  return record;
}

Result<MappingTable> KeptTable::load(const Config& config) const {
  Result<MappingTable> table = load_mappings(file(), config);
  if (!table) {
    return table;
  }
  const std::string digest = table_digest(*table, config);
  for (auto& [of, signature] : record().signatures) {
    if (of == digest) {
      table->signatures.push_back(std::move(signature));
    }
  }
  for (const std::string& party : config.table.require) {
    if (std::ranges::find(table->signatures, party, &ssh::GoodSignature::party) ==
        table->signatures.end()) {
      return input_error(fmt::format("{}: this table was in force last, and {} had not signed it",
                                     file().string(), party));
    }
  }
  return table;
}

/// Also what is known of the table kept so far, which stays until the next one is in its place.
Status KeptTable::keep_record(const MappingTable& table, const std::string& digest) const {
  const Record before = record();
  const bool is_newer = table.serial.value_or(0) > before.newest.serial;
  const KnownTable newest =
      is_newer ? KnownTable{.serial = *table.serial, .digest = digest} : before.newest;
  std::string text = fmt::format("digest {}\n", digest);
  if (newest.serial > 0) {
    text += fmt::format("serial {} {}\n", newest.serial, newest.digest);
  }
  const auto add = [&text](const std::string& of, const ssh::GoodSignature& signature) {
    text +=
        fmt::format("signed {} {} {} {}\n", of, signature.party, signature.key, signature.key_type);
  };
  for (const ssh::GoodSignature& signature : table.signatures) {
    add(digest, signature);
  }
  for (const auto& [of, signature] : before.signatures) {
    if (of == before.digest && of != digest) {
      add(of, signature);
    }
  }
  const auto now = read_bounded_file(record_file(), kMostRecordBytes);
  if ((now && *now == text) || replace(record_file(), text)) {
    return Done{};
  }
  return system_error(fmt::format("{}: {}", record_file().string(), std::strerror(errno)));
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
  if (Status recorded = keep_record(table, table_digest(table, config)); !recorded) {
    return recorded;
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
