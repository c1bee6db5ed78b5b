// toml11 3 (Debian 12). Where it finds an error, only a drawing in its exception's text tells.

#include <exception>
#include <map>
#include <new>
#include <sstream>
#include <vector>

#include "config/toml/toml11_tree.hpp"

namespace natto {

std::variant<TomlValue, Toml11Error> read_with_toml11(std::string_view value, std::size_t offset,
                                                      const SourceText& source) {
  const std::string text = std::string(kKey).append(value);
  // The public location() counts lines from the top for each value, which takes quadratic time; the
  // region behind it knows the bytes.
  const auto slice_of = [](const auto& from) -> Slice {
    const auto& region = static_cast<const toml::detail::region&>(*toml::detail::get_region(from));
    const auto begin = static_cast<std::size_t>(region.first() - region.begin());
    return {begin, begin + region.size()};
  };
  std::istringstream stream(text);
  try {
    // std::map: the keys are the user's, and an unordered_map's time depends on what they are.
    const auto root = toml::parse<toml::discard_comments, std::map, std::vector>(stream, "");
    return TreeCopy(text, offset, source, slice_of).copy(root.as_table().at("v"));
  } catch (const std::bad_alloc&) {
    throw;  // no error of the file
  } catch (const std::exception&) {
    return Toml11Error{offset};
  }
}

}  // namespace natto
