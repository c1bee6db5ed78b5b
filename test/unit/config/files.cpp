#include "unit/config/files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace natto::test {

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "natto_config_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("no temporary folder");
  }
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path Folder::write(std::string_view name, std::string_view bytes) const {
  auto file = path_ / name;
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

std::string Folder::without_path(std::string message) const {
  const std::string prefix = path_.string() + "/";
  for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) {
    message.erase(at, prefix.size());
  }
  return message;
}

std::string one_port() {
  return R"([[port]]
realm = "a"
device = "0000:00:06.0"
address = "10.33.1.124/28"
gateway = "10.33.1.113"

[table]
file = "mappings.toml"
)";
}

Config two_realms() {
  Config config;
  config.ports.resize(2);
  config.ports[0].realm = "company-a";
  config.ports[0].address = {Ipv4Address::of(10, 1, 0, 1), 24};
  config.ports[0].gateway = Ipv4Address::of(10, 1, 0, 254);
  config.ports[1].realm = "company-b";
  config.ports[1].address = {Ipv4Address::of(10, 2, 0, 1), 24};
  return config;
}

std::string config_mistakes(std::string_view natto_toml) {
  const Folder folder;
  const auto result = load_config(folder.write("natto.toml", natto_toml));
  return result ? "" : folder.without_path(result.error().message);
}

std::string mapping(std::string_view name, std::string_view realm, std::string_view real,
                    std::string_view mapped) {
  return fmt::format(
      "[[mapping]]\n"
      "name   = \"{}\"\n"
      "realm  = \"{}\"\n"
      "real   = \"{}\"\n"
      "mapped = \"{}\"\n",
      name, realm, real, mapped);
}

std::string mapping_mistakes(std::string_view mappings_toml) {
  return mapping_mistakes(mappings_toml, two_realms());
}

std::string mapping_mistakes(std::string_view mappings_toml, const Config& config) {
  const Folder folder;
  const auto result = load_mappings(folder.write("mappings.toml", mappings_toml), config);
  return result ? "" : folder.without_path(result.error().message);
}

}  // namespace natto::test
