#pragma once

// A service manager's side of NOTIFY_SOCKET, for tests: a real datagram socket.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace natto {

/// Sets $NOTIFY_SOCKET while it lives.
class ServiceManager {
 public:
  enum class Address { kPath, kAbstract };

  explicit ServiceManager(Address kind) : socket_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    std::string folder = (std::filesystem::temp_directory_path() / "natto-service-XXXXXX").string();
    folder_ = mkdtemp(folder.data());
    std::string name = folder_ / "notify";
    if (kind == Address::kAbstract) {
      name.insert(0, "@");
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (kind == Address::kAbstract) {
      address.sun_path[0] = '\0';
    }
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager() {
    unsetenv("NOTIFY_SOCKET");
    close(socket_);
    std::filesystem::remove_all(folder_);
  }

  /// The next message, or nothing if there is none.
  [[nodiscard]] std::string hear() const {
    std::string message(1024, '\0');
    const ssize_t length = recv(socket_, message.data(), message.size(), MSG_DONTWAIT);
    message.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return message;
  }

 private:
  int socket_;
  std::filesystem::path folder_;
};

}  // namespace natto
