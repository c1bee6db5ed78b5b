#include "config/toml/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <utility>
#include <variant>

#include "config/toml/source_text.hpp"
#include "config/toml/statements.hpp"
#include "config/toml/toml11.hpp"

namespace natto {
namespace {

/// Errors after which the rest of a text is not read.
constexpr std::size_t kMaxErrors = 100;

bool is_bare_key(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

/// A string without escapes or a decimal number: a plain value, as almost all of them are, is read
/// here, because toml11 takes some 7 microseconds for it. Nothing for any other.
std::optional<TomlValue> plain_value(std::string_view text) {
  TomlValue value;
  const char first = text.front();
  if (first == '"' || first == '\'') {
    const bool ends = text.size() > 1 && text.find(first, 1) == text.size() - 1;
    if (!ends || (first == '"' && text.find('\\') != std::string_view::npos)) {
      return std::nullopt;
    }
    value.type = TomlType::kString;
    value.text = text.substr(1, text.size() - 2);
    return value;
  }
  constexpr std::size_t kDigitsThatFit = 18;
  const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits || text.size() > kDigitsThatFit || (first == '0' && text.size() > 1)) {
    return std::nullopt;
  }
  value.type = TomlType::kInteger;
  value.text = text;
  std::from_chars(text.data(), text.data() + text.size(), value.integer);
  return value;
}

/// What is wrong with a value that toml11 refuses.
std::string value_error(std::string_view text) {
  const char first = text.front();
  if (first == '[') {
    return "not a TOML array; it needs commas between its items, and text needs quotes";
  }
  if (first == '{') {
    return "not a TOML inline table; write {key = value, key = value} on one line";
  }
  if ((first == '"' || first == '\'') && text.find('\\') != std::string_view::npos) {
    return "not a TOML string; write a backslash as \\\\, or the text in '...'";
  }
  if (first == '0' && text.size() > 1 && text[1] >= '0' && text[1] <= '9') {
    return "a number has no leading zeros; text needs quotes";
  }
  return "not a TOML value; text needs quotes, each key its own line";
}

/// A dotted key makes tables that other dotted keys may add to. Of the values in a section, only
/// these stand where their key does.
bool is_dotted(const TomlValue& value) {
  return value.type == TomlType::kTable && value.position == value.key_position;
}

class DocumentReader {
 public:
  DocumentReader(const SourceText& source, Diagnostics& diagnostics)
      : source_(source), statements_(source.bytes()), diagnostics_(diagnostics) {}

  /// Nothing if there are errors, which are then reported.
  std::optional<TomlValue> read() {
    while (const auto next = statements_.next()) {
      if (const auto* error = std::get_if<TomlError>(&*next)) {
        report(error->offset, error->message);
      } else if (const auto& statement = std::get<Statement>(*next);
                 statement.kind == Statement::Kind::kKeyValue) {
        add_key_value(statement);
      } else {
        open_section(statement);
      }
      if (errors_ >= kMaxErrors) {
        return std::nullopt;
      }
    }
    TomlValue root = join_sections();
    return errors_ == 0 ? std::optional(std::move(root)) : std::nullopt;
  }

 private:
  struct Section {
    bool is_list = false;
    TomlValue table;  ///< with its key; that of the root has none
  };

  void open_section(const Statement& statement) {
    Section section{.is_list = statement.kind == Statement::Kind::kListSection, .table = {}};
    const std::vector<std::string> path = read_key(statement);
    if (path.size() > 1) {
      report(statement.key.begin,
             "a section's name has no dots: there are no sections in sections");
    } else if (!path.empty()) {
      section.table.key = path.front();
    }
    section.table.position = section.table.key_position = source_.position(statement.begin);
    sections_.push_back(std::move(section));
  }

  void add_key_value(const Statement& statement) {
    const std::vector<std::string> path = read_key(statement);
    std::optional<TomlValue> value = read_value(statement);
    if (path.empty() || !value) {
      return;
    }
    value->key_position = source_.position(statement.begin);
    value->key = path.back();
    for (auto key = path.rbegin() + 1; key != path.rend(); ++key) {
      TomlValue table;
      table.position = table.key_position = value->key_position;
      table.key = *key;
      table.children.push_back(*std::move(value));
      value = std::move(table);
    }
    sections_.back().table.children.push_back(*std::move(value));
  }

  /// The parts of a dotted key; none if it is no key, which is then reported.
  std::vector<std::string> read_key(const Statement& statement) {
    const std::string_view text = statements_[statement.key];
    if (is_bare_key(text)) {
      return {std::string(text)};
    }
    std::vector<std::string> path;
    const auto read = read_with_toml11(fmt::format("{{{} = 0}}", text), 0, source_);
    const TomlValue* table = std::get_if<TomlValue>(&read);
    if (table == nullptr) {
      report(statement.key.begin,
             "not a TOML key; write letters, digits, - and _, or put it in quotes");
      return path;
    }
    while (!table->children.empty()) {
      table = &table->children.front();
      path.push_back(table->key);
    }
    return path;
  }

  std::optional<TomlValue> read_value(const Statement& statement) {
    const std::string_view text = statements_[statement.value];
    if (auto value = plain_value(text)) {
      value->position = source_.position(statement.value.begin);
      return value;
    }
    auto read = read_with_toml11(text, statement.value.begin, source_);
    if (const auto* error = std::get_if<Toml11Error>(&read)) {
      const bool is_scalar = text.front() != '[' && text.front() != '{';
      report(is_scalar ? statement.value.begin : error->offset, value_error(text));
      return std::nullopt;
    }
    return std::get<TomlValue>(std::move(read));
  }

  TomlValue join_sections() {
    TomlValue root = std::move(sections_.front().table);
    close(root);
    std::map<std::string, std::size_t> children;  // of the root: where each key's is
    for (const TomlValue& child : root.children) {
      children.emplace(child.key, children.size());
    }
    for (auto section = sections_.begin() + 1; section != sections_.end(); ++section) {
      TomlValue& table = section->table;
      close(table);
      const auto [found, is_new] = children.try_emplace(table.key, root.children.size());
      if (is_new) {
        root.children.push_back(section->is_list ? list_of_sections(table) : std::move(table));
      } else if (!section->is_list || !is_list_of_sections(root.children[found->second])) {
        report_twice(root.children[found->second], table);
      }
      if (section->is_list) {
        root.children[found->second].children.push_back(std::move(table));
      }
    }
    std::ranges::sort(root.children, {}, &TomlValue::key);
    return root;
  }

  /// An empty one, with the key and place of its first [[section]].
  static TomlValue list_of_sections(const TomlValue& first) {
    TomlValue list;
    list.type = TomlType::kArray;
    list.position = list.key_position = first.position;
    list.key = first.key;
    return list;
  }

  static bool is_list_of_sections(const TomlValue& value) {
    return value.type == TomlType::kArray && value.position == value.key_position;
  }

  /// Sorts a table's members; joins those of dotted keys, and reports what is defined twice.
  void close(TomlValue& table) {
    std::ranges::stable_sort(table.children, {}, &TomlValue::key);
    std::vector<TomlValue> members;
    for (TomlValue& next : table.children) {
      if (members.empty() || members.back().key != next.key) {
        members.push_back(std::move(next));
      } else if (TomlValue& before = members.back(); is_dotted(before) && is_dotted(next)) {
        std::ranges::move(next.children, std::back_inserter(before.children));
      } else {
        report_twice(before, next);
      }
    }
    for (TomlValue& member : members) {
      if (is_dotted(member)) {
        close(member);
      }
    }
    table.children = std::move(members);
  }

  void report_twice(const TomlValue& first, const TomlValue& second) {
    report(second.key_position,
           fmt::format("defined already on line {}; keep one", first.key_position.line));
  }

  void report(std::size_t offset, std::string message) {
    report(source_.position(offset), std::move(message));
  }

  void report(Position position, std::string message) {
    ++errors_;
    diagnostics_.add(position, std::move(message));
    if (errors_ == kMaxErrors) {
      diagnostics_.add(position, "too many errors; what follows was not read");
    }
  }

  const SourceText& source_;
  StatementReader statements_;
  Diagnostics& diagnostics_;
  std::vector<Section> sections_{1};
  std::size_t errors_ = 0;
};

}  // namespace

const TomlValue* TomlValue::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(children, name, &TomlValue::key);
  return found == children.end() ? nullptr : &*found;
}

std::optional<TomlValue> parse_toml(std::string bytes, Diagnostics& diagnostics) {
  const SourceText source(std::move(bytes));
  if (auto error = check_characters(source.bytes())) {
    diagnostics.add(source.position(error->offset), std::move(error->message));
    return std::nullopt;
  }
  return DocumentReader(source, diagnostics).read();
}

std::optional<TomlValue> read_toml(const std::filesystem::path& file, Diagnostics& diagnostics) {
  auto bytes = read_file(file);
  if (!bytes) {
    diagnostics.add(Position{}, bytes.error().message);
    return std::nullopt;
  }
  return parse_toml(std::move(bytes).value(), diagnostics);
}

}  // namespace natto
