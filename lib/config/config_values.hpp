#pragma once

// What natto.toml says, key by key, as texts: to tell in which keys two of them differ. Made from
// the schema, so that a new key is compared without anybody's doing.

#include <map>
#include <string>
#include <vector>

namespace natto {

struct FileSchema;
struct TomlValue;

/// By section, `dpdk` or `port 0`: the text of each key that has a value, by default or not.
using ConfigValues = std::map<std::string, std::map<std::string, std::string>>;

/// Of a right file, whose root table is `root`.
[[nodiscard]] ConfigValues config_values(const FileSchema& schema, const TomlValue& root);

/// `dpdk lcores`, `port 0 mtu`, …; `port 1` where only one of them has that section.
[[nodiscard]] std::vector<std::string> differing_keys(const ConfigValues& one,
                                                      const ConfigValues& other);

}  // namespace natto
