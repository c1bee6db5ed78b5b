#include "audit/audit_reader.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/printable.hpp"

namespace natto {
namespace {

using ReadJson = nlohmann::json;

/// Values of a line that anyone may have written: what is not there, or is something else, is
/// empty.
class AuditView {
 public:
  explicit AuditView(const ReadJson& json) : json_(json) {}

  [[nodiscard]] std::string text(const char* key) const {
    const ReadJson* value = find(key);
    return value != nullptr && value->is_string() ? printable(value->get<std::string>()) : "";
  }
  [[nodiscard]] std::uint64_t number(const char* key) const {
    const ReadJson* value = find(key);
    return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
  }
  [[nodiscard]] std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> found;
    const ReadJson* value = find(key);
    if (value != nullptr && value->is_array()) {
      for (const ReadJson& element : *value) {
        found.push_back(element.is_string() ? printable(element.get<std::string>()) : "?");
      }
    }
    return found;
  }
  [[nodiscard]] AuditView part(const char* key) const {
    static const ReadJson kNothing;
    const ReadJson* value = find(key);
    return AuditView(value == nullptr ? kNothing : *value);
  }
  [[nodiscard]] std::vector<AuditView> parts(const char* key) const {
    std::vector<AuditView> found;
    const ReadJson* value = find(key);
    if (value != nullptr && value->is_array()) {
      for (const ReadJson& element : *value) {
        found.emplace_back(element);
      }
    }
    return found;
  }

 private:
  [[nodiscard]] const ReadJson* find(const char* key) const {
    const auto found = json_.find(key);  // of anything but an object: the end
    return found == json_.end() ? nullptr : &*found;
  }

  const ReadJson& json_;
};

/// ", LABEL VALUE" where there is a value.
std::string with(const char* label, const std::string& value) {
  return value.empty() ? "" : fmt::format(", {} {}", label, value);
}

std::string actor_text(const AuditView& by) {
  const std::string kind = by.text("kind");
  if (kind == "file") {
    return fmt::format("{}, of {}, modified {}", by.text("file"), by.text("owner"),
                       by.text("modified"));
  }
  return fmt::format("{}{}, pid {}{}{}", by.text("user"),
                     with("logged in as", by.text("login_user")), by.number("pid"),
                     with("program", by.text("program")),
                     with("says that it is by sudo of", by.part("claims").text("sudo_user")));
}

std::string table_text(const AuditView& line) {
  std::string text =
      fmt::format("; version {}, {} mapping(s)", line.number("version"), line.number("mappings"));
  const std::string before = line.text("digest_before");
  text += fmt::format(", digest {}{}", before.empty() ? "" : before.substr(0, 12) + " -> ",
                      line.text("digest").substr(0, 12));
  if (const std::uint64_t serial = line.number("serial"); serial > 0) {
    text += fmt::format(", serial {}", serial);
  }
  for (const AuditView& signature : line.parts("signatures")) {
    text += fmt::format(", signed by {} ({})", signature.text("party"), signature.text("key"));
  }
  return text;
}

std::string lines_text(const AuditView& line, const char* key, const char* left_out) {
  std::string text;
  for (const std::string& one : line.texts(key)) {
    text += fmt::format("    {}\n", one);
  }
  if (const std::uint64_t more = line.number(left_out); more > 0) {
    text += fmt::format("    and {} more\n", more);
  }
  return text;
}

}  // namespace

Result<std::string> for_each_line(const std::filesystem::path& file,
                                  const std::function<void(std::string_view)>& take) {
  std::ifstream stream(file, std::ios::binary);
  std::string line;
  while (stream && std::getline(stream, line)) {
    if (stream.eof()) {
      return line;  // no line feed
    }
    take(line);
  }
  if (!stream.eof()) {
    const int why = errno;
    return input_error(fmt::format("cannot read {}: {}", file.string(), std::strerror(why)));
  }
  return std::string();
}

Result<AuditVerdict> verify_audit(const std::filesystem::path& file, std::string_view pinned) {
  ChainReader reader;
  bool has_pinned = false;
  std::string newest;
  const Result<std::string> tail = for_each_line(file, [&](std::string_view line) {
    if (reader.take(line)) {
      has_pinned |= reader.newest().hash == pinned;
      newest = line;
    }
  });
  if (!tail) {
    return tail.error();
  }
  reader.end(*tail);
  const std::optional<WallTime> time = time_of(newest);
  return AuditVerdict{.newest = reader.newest(),
                      .newest_time = time ? utc_text(*time) : "",
                      .lines = reader.lines(),
                      .has_pinned = has_pinned,
                      .findings = reader.findings(),
                      .notes = reader.notes()};
}

std::optional<WallTime> time_of(std::string_view line) {
  const ReadJson json = ReadJson::parse(line, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? parse_utc(AuditView(json).text("time")) : std::nullopt;
}

std::string audit_text(std::string_view text) {
  const ReadJson json = ReadJson::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !ChainReader::is_line(text)) {
    return fmt::format("       {} bytes that are no line of an audit\n", text.size());
  }
  const AuditView line(json);
  std::string told =
      fmt::format("{:>6} {} {}", line.number("sequence"), line.text("time"), line.text("event"));
  if (json.contains("by")) {
    const std::string trigger = line.text("trigger");
    told += fmt::format("{} by {}", trigger.empty() ? "" : " (" + trigger + ")",
                        actor_text(line.part("by")));
  }
  if (json.contains("digest")) {
    told += table_text(line);
    told += json.contains("confirmed") ? ", confirmed" : "";
  }
  if (const std::uint64_t missing = line.number("missing_before"); missing > 0) {
    told += fmt::format("; {} event(s) before it found no room", missing);
  }
  if (json.contains("bytes")) {
    told += fmt::format(": {} bytes before it are of a line that was not written to its end",
                        line.number("bytes"));
  }
  if (json.contains("last_sha256")) {
    told += fmt::format(": the file before ended with sequence {}, {}",
                        line.number("last_sequence"), line.text("last_sha256"));
  }
  return told + '\n' + lines_text(line, "changes", "changes_left_out") +
         lines_text(line, "errors", "errors_left_out");
}

}  // namespace natto
