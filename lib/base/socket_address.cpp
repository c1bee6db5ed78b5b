#include "base/socket_address.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

namespace natto {

Result<sockaddr_un> socket_address(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof(address.sun_path)) {
    return input_error(fmt::format("{} is too long for the name of a socket: {} bytes at most",
                                   name, sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, name.c_str(), name.size());
  return address;
}

}  // namespace natto
