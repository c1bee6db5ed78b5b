#include "table/kept_table.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <sstream>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/replace_file.hpp"
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
  return written && put_in_place(written.get(), text, next, file);
}

constexpr std::string_view kNoRecordAdvice =
    "take the file from a backup, or remove it: then natto takes the next serial that it sees";

bool read_serial(const std::string& word, std::uint64_t& serial) {
  const char* const end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, serial);
  return error == std::errc() && stopped == end;
}

/// What one line of the record says. False: it is none that natto writes.
bool add_line(const std::string& line, KeptTable::Record& record) {
  std::istringstream stream(line);
  const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
  const auto is = [&words](std::string_view kind, std::size_t count) {
    return words.size() == count && words[0] == kind;
  };
  if (is("digest", 2) || is("digest", 3)) {  // an older natto wrote no serial there
    record.in_force.digest = words[1];
    return words.size() == 2 || read_serial(words[2], record.in_force.serial);
  }
  if (is("serial", 3)) {
    record.newest.digest = words[2];
    return read_serial(words[1], record.newest.serial);
  }
  if (is("signed", 5)) {
    record.signatures.push_back(
        {words[1], {.party = words[2], .key = words[3], .key_type = words[4]}});
    return true;
  }
  return false;
}

}  // namespace

KeptTable::KeptTable(const Config& config) : folder_(state_folder(config)) {}

std::string KeptTable::rolled_back() const {
  auto digest = read_file(rollback_file());
  return digest ? *std::move(digest) : "";
}

/// None where nothing was kept yet.
Result<std::optional<std::string>> KeptTable::record_text() const {
  std::error_code error;
  if (std::filesystem::symlink_status(record_file(), error).type() ==
      std::filesystem::file_type::not_found) {
    return std::optional<std::string>();
  }
  Result<std::string> text = read_bounded_file(record_file(), kMostRecordBytes);
  if (!text) {
    return input_error(fmt::format("{}: {}; the user that runs natto reads and replaces this file",
                                   record_file().string(), text.error().message));
  }
  return std::optional(*std::move(text));
}

Result<KeptTable::Record> KeptTable::parse_record(const std::optional<std::string>& text) const {
  Record record;
  if (!text) {
    return record;
  }
  std::istringstream lines(*text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!add_line(line, record)) {
      return input_error(fmt::format("{}:{}: natto has not written this line; {}",
                                     record_file().string(), number, kNoRecordAdvice));
    }
  }
  if (record.in_force.digest.empty()) {
    return input_error(fmt::format("{}: the digest of the table in force is missing; {}",
                                   record_file().string(), kNoRecordAdvice));
  }
  return record;
}

Result<KeptTable::Record> KeptTable::record() const {
  const Result<std::optional<std::string>> text = record_text();
  return text ? parse_record(*text) : text.error();
}

Result<MappingTable> KeptTable::load(const Config& config) const {
  Result<MappingTable> table = load_mappings(file(), config);
  if (!table) {
    return table;
  }
  Result<Record> known = record();
  if (!known && !config.table.require.empty()) {
    return known.error();
  }
  const std::string digest = table_digest(*table, config);
  for (auto& [of, signature] : known ? known->signatures : decltype(Record::signatures)()) {
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
Status KeptTable::keep_record(const MappingTable& table, const std::string& digest,
                              KnownTable newest) const {
  const Result<std::optional<std::string>> text_before = record_text();
  const Result<Record> before = text_before ? parse_record(*text_before) : text_before.error();
  if (!before) {
    return before.error();
  }
  const KnownTable next{.serial = table.serial.value_or(0), .digest = digest};
  for (const KnownTable& known : {before->newest, next}) {
    if (known.serial > newest.serial) {
      newest = known;
    }
  }
  std::string text = fmt::format("digest {} {}\n", digest, next.serial);
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
  for (const auto& [of, signature] : before->signatures) {
    if (of == before->in_force.digest && of != digest) {
      add(of, signature);
    }
  }
  if (*text_before == text || replace(record_file(), text)) {
    return Done{};
  }
  return system_error(fmt::format("{}: {}", record_file().string(), std::strerror(errno)));
}

// In an order in which the rollback is known, whenever the machine fails: a digest that is written
// without its table, or that outlives it, is that of the table that is kept.
Status KeptTable::keep(const MappingTable& table, const Config& config,
                       std::string_view rolled_back, const KnownTable& newest) const {
  const std::string text = mapping_file_text(
      table, config, "# The table that natto had in force last. natto replaces this file.\n");
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) {
    return system_error(fmt::format("{}: {}", folder_.string(), error.message()));
  }
  if (Status recorded = keep_record(table, table_digest(table, config), newest); !recorded) {
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
