#pragma once

// Configuration files for the tests: written to a folder of their own, loaded, taken away again.

#include <filesystem>
#include <string>
#include <string_view>

#include "table/loader.hpp"

namespace natto::test {

/// A folder that goes with its contents when the object does.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  /// Writes the bytes to the file `name` in the folder.
  std::filesystem::path write(std::string_view name, std::string_view bytes) const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// `message` with the folder's path left out of the file names.
  [[nodiscard]] std::string without_path(std::string message) const;

 private:
  std::filesystem::path path_;
};

/// A natto.toml with one port, realm "a", 10.33.1.124/28, gateway 10.33.1.113.
std::string one_port();

/// Two ports: "company-a" (10.1.0.1/24, gateway 10.1.0.254) and "company-b" (10.2.0.1/24).
Config two_realms();

/// What load_config says about this natto.toml: its mistakes, or "" if there are none.
std::string config_mistakes(std::string_view natto_toml);

/// A [[mapping]] of five lines: name, realm, real and mapped from the second on. Values begin in
/// column 10.
std::string mapping(std::string_view name, std::string_view realm, std::string_view real,
                    std::string_view mapped);

/// What load_mappings says about this mappings.toml, in two_realms() or in `config`.
std::string mapping_mistakes(std::string_view mappings_toml);
std::string mapping_mistakes(std::string_view mappings_toml, const Config& config);

}  // namespace natto::test
