// toml11 4 (Debian 13).

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "config/toml/toml11_tree.hpp"

namespace natto {
namespace {

struct Toml11Types : toml::type_config {
  using comment_type = toml::discard_comments;
  // The keys are the user's, and an unordered_map's time depends on what they are.
  template <typename Key, typename Value>
  using table_type = std::map<Key, Value>;

  /// One beyond 64 bits is the nearest that fits, as in toml11 3.
  static toml::result<integer_type, toml::error_info> parse_int(const std::string& text,
                                                                const toml::source_location& place,
                                                                std::uint8_t base) {
    const auto read = toml::read_int<integer_type>(text, place, base);
    return read.is_ok() ? toml::ok(read.unwrap())
                        : toml::ok(text.front() == '-' ? std::numeric_limits<integer_type>::min()
                                                       : std::numeric_limits<integer_type>::max());
  }
};

}  // namespace

std::variant<TomlValue, Toml11Error> read_with_toml11(std::string_view value, std::size_t offset,
                                                      const SourceText& source) {
  const std::string text = std::string(kKey).append(value);
  const SourceText lines(text);
  const auto slice_of = [&](const auto& from) -> Slice {
    const toml::source_location at = from.location();
    return {lines.offset(at.first_line_number(), at.first_column_number() - 1),
            lines.offset(at.last_line_number(), at.last_column_number() - 1)};
  };
  const auto parsed =
      toml::try_parse<Toml11Types>(std::vector<unsigned char>(text.begin(), text.end()), "");
  if (parsed.is_ok()) {
    return TreeCopy(text, offset, source, slice_of).copy(parsed.unwrap().at("v"));
  }
  const auto& places = parsed.unwrap_err().front().locations();
  const std::size_t at = places.empty()
                             ? 0
                             : lines.offset(places.front().first.first_line_number(),
                                            places.front().first.first_column_number() - 1);
  return Toml11Error{offset + std::max(at, kKey.size()) - kKey.size()};
}

}  // namespace natto
