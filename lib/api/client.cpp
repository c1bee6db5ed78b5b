#include "api/client.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "api/socket_path.hpp"

namespace natto::api {
namespace {

Error denied(const std::filesystem::path& place) {
  return {ErrorKind::kDenied,
          fmt::format("cannot ask the natto at {}: {}\n  ask as root (sudo natto …)",
                      place.string(), std::strerror(EACCES))};
}

Error nobody_listens(const std::vector<std::filesystem::path>& folders) {
  std::string places;
  for (const auto& folder : folders) {
    std::error_code error;
    static_cast<void>(std::filesystem::directory_iterator(folder, error));
    if (error == std::errc::permission_denied) {
      return denied(folder);
    }
    places += fmt::format("{}{}/*.sock", places.empty() ? "" : " or ", folder.string());
  }
  return system_error(
      fmt::format("no natto runs here: nobody listens at {}\n"
                  "  start it with natto run, ask as the user who runs it, or say --socket",
                  places));
}

}  // namespace

Result<Client> Client::connect(const std::optional<std::filesystem::path>& path) {
  if (!path) {
    return find(default_folders());
  }
  Result<std::optional<Client>> client = open(*path);
  if (!client) {
    return client.error();
  }
  if (!*client) {
    return system_error(fmt::format("no natto listens at {}", path->string()));
  }
  return std::move(**client);
}

Result<Client> Client::find(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::filesystem::path> listening;
  std::optional<Client> found;
  std::optional<Error> failure;
  for (const auto& path : find_sockets(folders)) {
    Result<std::optional<Client>> client = open(path);
    if (!client) {
      failure = client.error();
    } else if (*client) {
      listening.push_back(path);
      found.emplace(std::move(**client));
    }
  }
  if (listening.size() == 1) {
    return std::move(*found);
  }
  if (listening.empty()) {
    return failure ? *failure : nobody_listens(folders);
  }
  std::string message = "several nattos run here: say which with --socket";
  for (const auto& path : listening) {
    message += "\n  " + path.string();
  }
  return input_error(std::move(message));
}

Result<std::optional<Client>> Client::open(const std::filesystem::path& path) {
  const Result<sockaddr_un> address = socket_address(path);
  if (!address) {
    return address.error();
  }
  Client client{Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  setsockopt(client.socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(client.socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::connect(client.socket_.get(), reinterpret_cast<const sockaddr*>(&*address),
                sizeof(*address)) == 0) {
    return std::optional<Client>(std::move(client));
  }
  if (errno == ECONNREFUSED) {
    return std::optional<Client>();
  }
  return errno == EACCES ? denied(path)
                         : system_error(fmt::format("cannot talk to natto at {}: {}", path.string(),
                                                    std::strerror(errno)));
}

void Client::send(const std::string& text) const {
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t count =
        ::send(socket_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) {
      return;
    }
    sent += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }
}

Result<std::string> Client::receive() {
  std::size_t searched = 0;
  while (true) {
    if (const std::size_t end = input_.find('\n', searched); end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      return line;
    }
    searched = input_.size();
    input_.resize(searched + (1 << 18));
    ssize_t count = 0;
    do {
      count = recv(socket_.get(), input_.data() + searched, input_.size() - searched, 0);
    } while (count < 0 && errno == EINTR);
    input_.resize(searched + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return system_error(
          fmt::format("natto said nothing for {} s\n  look at its log; its traffic "
                      "does not depend on this",
                      kPatienceSeconds));
    }
    if (count <= 0) {
      return system_error("natto closed the connection: it has ended or is ending");
    }
  }
}

}  // namespace natto::api
