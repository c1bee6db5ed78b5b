#include "table_realms.hpp"

#include <fmt/format.h>

#include <set>
#include <string>

#include "config/schema.hpp"
#include "config/section_reader.hpp"
#include "config/toml/document.hpp"

namespace natto {
namespace {

/// The realms that the mappings of `file` name. What is wrong with it shows when it is loaded.
void add_realms(const std::filesystem::path& file, std::set<std::string>& realms) {
  Diagnostics ignored(file);
  const auto root = read_toml(file, ignored);
  if (!root) {
    return;
  }
  const FileReader reader(mappings_schema(), *root, ignored);
  for (const SectionReader& section : reader.sections("mapping")) {
    if (const auto realm = section.text("realm")) {
      realms.insert(realm->value);
    }
  }
}

}  // namespace

Result<Config> config_of_realms(const std::vector<std::filesystem::path>& files) {
  std::set<std::string> realms;
  for (const std::filesystem::path& file : files) {
    add_realms(file, realms);
  }
  if (realms.empty()) {
    realms.insert("the one realm");
  }
  if (realms.size() > kMaxPorts) {
    return input_error(fmt::format("the {} name {} realms; there can be {}",
                                   files.size() == 1 ? "mappings" : "files", realms.size(),
                                   kMaxPorts));
  }
  Config config;
  for (const std::string& realm : realms) {
    config.ports.push_back(
        {.realm = realm, .device = realm, .address = {}, .gateway = {}, .gateway_mac = {}});
  }
  return config;
}

}  // namespace natto
