#include "config/state_folder.hpp"

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

namespace natto {
namespace {

constexpr const char* kDefaultState = "/var/lib/natto";

std::filesystem::path folder_of_all(const Config& config) {
  if (config.state.directory) {
    return *config.state.directory;
  }
  // systemd's list of folders, of which the unit has one.
  const char* of_service = std::getenv("STATE_DIRECTORY");
  const std::string_view first =
      of_service == nullptr ? ""
                            : std::string_view(of_service).substr(0, std::strcspn(of_service, ":"));
  return first.empty() ? std::filesystem::path(kDefaultState) : std::filesystem::path(first);
}

/// A file's absolute path as one name: `/etc/natto/natto.toml` is `etc-natto-natto.toml`, and no
/// other path is.
std::string name_of(const std::filesystem::path& file) {
  std::error_code error;
  const std::string path = std::filesystem::absolute(file, error).lexically_normal().string();
  std::string name;
  for (const char c : std::string_view(path).substr(1)) {
    name += c == '/' ? "-" : c == '-' ? "%2d" : c == '%' ? "%25" : std::string(1, c);
  }
  return name;
}

}  // namespace

std::filesystem::path state_folder(const Config& config) {
  return folder_of_all(config) / name_of(config.file);
}

std::filesystem::path audit_file(const Config& config) {
  return config.log.audit_file.value_or(state_folder(config) / "audit.jsonl");
}

}  // namespace natto
