#include "api/client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "api/peer.hpp"
#include "api/socket_path.hpp"
#include "base/socket_address.hpp"

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

Result<Client> Client::connect(const std::optional<std::filesystem::path>& path,
                               std::chrono::milliseconds patience) {
  if (!path) {
    return find(default_folders(), patience);
  }
  Result<std::optional<Client>> client = open(*path, patience, Clock::now());
  if (!client) {
    return client.error();
  }
  if (!*client) {
    return system_error(
        fmt::format("no natto listens at {}\n  start it with natto run", path->string()));
  }
  return std::move(**client);
}

Result<Client> Client::find(const std::vector<std::filesystem::path>& folders,
                            std::chrono::milliseconds patience) {
  const Clock::time_point called = Clock::now();
  std::vector<std::filesystem::path> listening;
  std::optional<Client> found;
  std::optional<Error> failure;
  for (const auto& path : find_sockets(folders)) {
    Result<std::optional<Client>> client = open(path, patience, called);
    if (!client) {
      failure = failure.value_or(client.error());  // later ones had less time, or none
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

Client::Client(std::filesystem::path place, std::chrono::milliseconds patience,
               Clock::time_point called)
    : place_(std::move(place)),
      patience_(patience),
      socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      heard_(called) {}

Result<std::optional<Client>> Client::open(const std::filesystem::path& path,
                                           std::chrono::milliseconds patience,
                                           Clock::time_point called) {
  const Result<sockaddr_un> address = socket_address(path);
  if (!address) {
    return address.error();
  }
  Client client(path, patience, called);
  switch (const int error = client.connect_socket(*address)) {
    case 0:
      return std::optional<Client>(std::move(client));
    case ECONNREFUSED:
      return std::optional<Client>();
    case EACCES:
      return denied(path);
    case EAGAIN:
      return client.no_answer();
    default:
      return system_error(
          fmt::format("cannot talk to natto at {}: {}", path.string(), std::strerror(error)));
  }
}

int Client::connect_socket(const sockaddr_un& address) {
  // connect(2) waits while as many others wait as the socket has room for. poll(2) does not tell
  // of that, so the socket has a time limit of its own.
  do {
    const auto left = time_left();
    if (left.count() <= 0) {
      return EAGAIN;
    }
    const timeval limit{.tv_sec = left.count() / 1000, .tv_usec = left.count() % 1000 * 1000};
    setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
        0) {
      return 0;
    }
  } while (errno == EINTR);
  return errno;
}

void Client::send(const std::string& text) const {
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t count =
        ::send(socket_.get(), text.data() + sent, text.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR && (errno != EAGAIN || !wait_for(POLLOUT))) {
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
    if (!wait_for(POLLIN)) {
      return no_answer();
    }
    searched = input_.size();
    input_.resize(searched + (1 << 18));
    const ssize_t count =
        recv(socket_.get(), input_.data() + searched, input_.size() - searched, MSG_DONTWAIT);
    const bool again = count < 0 && (errno == EINTR || errno == EAGAIN);
    input_.resize(searched + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count <= 0 && !again) {
      return system_error("natto closed the connection: it has ended or is ending");
    }
    if (count > 0) {
      heard_ = Clock::now();
    }
  }
}

std::chrono::milliseconds Client::time_left() const {
  return std::chrono::ceil<std::chrono::milliseconds>(heard_ + patience_ - Clock::now());
}

bool Client::wait_for(short event) const {
  pollfd socket{.fd = socket_.get(), .events = event, .revents = 0};
  int ready = 0;
  do {
    ready = poll(&socket, 1, static_cast<int>(std::max<std::int64_t>(0, time_left().count())));
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

Error Client::no_answer() const {
  const auto silent = [](std::string message) {
    return Error{ErrorKind::kSilent, std::move(message)};
  };
  const Result<Peer> natto = peer_of(socket_.get());  // who listens
  if (!natto || natto->process == 0) {
    return silent(
        fmt::format("natto at {} does not answer\n"
                    "  look at its log; its traffic does not depend on this",
                    place_.string()));
  }
  const pid_t process = natto->process;
  if (is_stopped(process)) {
    return silent(fmt::format(
        "natto (pid {0}) does not answer: its process is stopped, and so is its traffic\n"
        "  kill -CONT {0} lets it go on",
        process));
  }
  return silent(
      fmt::format("natto (pid {}) does not answer: it has said nothing for {:g} s\n"
                  "  look at its log; its traffic does not depend on this\n"
                  "  --timeout waits longer",
                  process, std::chrono::duration<double>(patience_).count()));
}

}  // namespace natto::api
