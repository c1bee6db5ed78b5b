#pragma once

// Reads the sections of a file by its schema. What is not in the schema, or not as the schema wants
// it, goes to the diagnostics. For a key that the file leaves out, the reader returns the default.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/schema.hpp"
#include "config/toml/value.hpp"

namespace natto {

/// One [section] of a file, or one table of a repeated [[section]]. Holds references to what it was
/// made from.
class SectionReader {
 public:
  /// Reports the keys that are not the section's, and the required ones that are missing. `table`
  /// null: the file does not have the section, and every key is left out.
  SectionReader(const SectionSchema& schema, const TomlValue* table, Diagnostics& diagnostics);

  [[nodiscard]] const SectionSchema& schema() const noexcept { return schema_; }

  /// Of the section's header.
  [[nodiscard]] Position position() const noexcept;

  /// Whether the file has the key, with a right or a wrong value.
  [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name) != nullptr; }

  /// Whether the file has an integer for the key, which may be a choice as well.
  [[nodiscard]] bool has_integer(std::string_view name) const noexcept;

  // Each of these takes the name of a key in the schema. It returns nothing for a key without a
  // value, or with a wrong one, which it reports. A default has the header's position.

  [[nodiscard]] std::optional<Located<std::int64_t>> integer(std::string_view name) const;
  [[nodiscard]] std::optional<Located<std::string>> text(std::string_view name) const;
  /// The default if the value is wrong.
  [[nodiscard]] bool boolean(std::string_view name) const;
  /// 0 to 1; the default if the value is wrong.
  [[nodiscard]] double share(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> text_list(std::string_view name) const;
  /// Of a key that may have one value or an array of them; an integer as the file writes it. An
  /// empty array is an error.
  [[nodiscard]] std::vector<Located<std::string>> values(std::string_view name) const;
  /// Of the key's value; of the header if the file leaves it out.
  [[nodiscard]] Position position_of(std::string_view name) const noexcept;

  /// The enumerator whose number is the choice's place in the schema; the default's if it is wrong.
  template <typename Enum>
  [[nodiscard]] Enum choice(std::string_view name) const {
    return static_cast<Enum>(choice_index(name));
  }

  /// A text that `parse` turned into something: `parse` takes a string_view, returns a Result.
  template <typename Parse, typename T = std::remove_cvref_t<
                                decltype(std::declval<Parse>()(std::string_view()).value())>>
  [[nodiscard]] std::optional<Located<T>> parsed(std::string_view name, Parse parse) const {
    const auto found = text(name);
    if (!found) {
      return std::nullopt;
    }
    auto result = parse(found->value);
    if (!result) {
      diagnostics_.add(found->position, std::string(name) + ": " + result.error().message);
      return std::nullopt;
    }
    return Located<T>{std::move(result).value(), found->position};
  }

 private:
  friend class FileReader;
  enum class Keys { kOnlyKnown, kAny };
  SectionReader(const SectionSchema& schema, const TomlValue* table, Diagnostics& diagnostics,
                Keys keys);

  [[nodiscard]] const TomlValue* find(std::string_view name) const noexcept;
  [[nodiscard]] bool has_type(const KeySchema& key, const TomlValue& value) const;
  /// One text of several; `but` comes before what a wrong one is.
  [[nodiscard]] std::optional<Located<std::string>> item(const KeySchema& key,
                                                         const TomlValue& item,
                                                         std::string_view but) const;
  [[nodiscard]] std::size_t choice_index(std::string_view name) const;

  const SectionSchema& schema_;
  const TomlValue* table_;
  Diagnostics& diagnostics_;
};

class FileReader {
 public:
  /// Reports the sections of `root` that the file should not have.
  FileReader(const FileSchema& schema, const TomlValue& root, Diagnostics& diagnostics);

  /// What is above all sections.
  [[nodiscard]] SectionReader top() const;

  // Each of these takes the name of a section in the schema, and reports it if it is missing and
  // must not be, or is not written as it should.

  [[nodiscard]] SectionReader section(std::string_view name) const;
  [[nodiscard]] std::vector<SectionReader> sections(std::string_view name) const;

 private:
  void report_missing(const SectionSchema& section, Position position) const;

  const FileSchema& schema_;
  const TomlValue& root_;
  Diagnostics& diagnostics_;
};

}  // namespace natto
