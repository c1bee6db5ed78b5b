#include "client/telemetry_client.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

/// More than any answer has.
constexpr std::size_t kMaxMessageBytes = 1 << 16;

Error hung() {
  return system_error(fmt::format(
      "natto did not answer within {} s\n  look at its log; its traffic does not depend "
      "on this",
      TelemetryClient::kPatienceSeconds));
}

Error gone() { return system_error("natto closed the connection: it has ended or is ending"); }

Error nobody_listens(const std::vector<std::filesystem::path>& folders) {
  std::string places;
  for (const auto& folder : folders) {
    if (access(folder.c_str(), R_OK | X_OK) != 0 && errno == EACCES) {
      return system_error(
          fmt::format("cannot ask the natto in {}: {}\n  ask as root (sudo natto …)",
                      folder.string(), std::strerror(EACCES)));
    }
    places += fmt::format("{}{}/natto-*", places.empty() ? "" : " or ", folder.string());
  }
  return system_error(
      fmt::format("no natto runs here: nobody listens in {}\n"
                  "  start it with natto run, ask as the user who runs it, or say --socket",
                  places));
}

/// The next message; an empty one means that natto hung up.
Result<std::string> receive(int socket) {
  std::string message(kMaxMessageBytes, '\0');
  ssize_t length = 0;
  do {
    length = recv(socket, message.data(), message.size(), 0);
  } while (length < 0 && errno == EINTR);
  if (length < 0) {
    return errno == EAGAIN || errno == EWOULDBLOCK ? hung() : gone();
  }
  message.resize(static_cast<std::size_t>(length));
  return message;
}

}  // namespace

std::vector<std::filesystem::path> dpdk_runtime_folders() {
  std::vector<std::filesystem::path> folders;
  const char* of_service = std::getenv("RUNTIME_DIRECTORY");
  const char* of_user = std::getenv("XDG_RUNTIME_DIR");
  if (of_service != nullptr) {
    folders.emplace_back(of_service);
  } else if (geteuid() == 0) {
    folders.emplace_back("/var/run");
  } else {
    folders.emplace_back(of_user != nullptr ? of_user : "/tmp");
  }
  folders.emplace_back(kServiceRuntimeFolder);
  for (auto& folder : folders) {
    folder /= "dpdk";
  }
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

std::vector<std::filesystem::path> natto_sockets(
    const std::vector<std::filesystem::path>& folders) {
  std::vector<std::filesystem::path> sockets;
  for (const auto& folder : folders) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const auto socket = entry.path() / "dpdk_telemetry.v2";
      std::error_code ignored;
      if (entry.path().filename().string().starts_with("natto-") &&
          std::filesystem::is_socket(socket, ignored)) {
        sockets.push_back(socket);
      }
    }
  }
  std::ranges::sort(sockets);
  return sockets;
}

Result<TelemetryClient> TelemetryClient::connect(const std::optional<std::filesystem::path>& path) {
  if (path) {
    bool abandoned = false;
    return open(*path, abandoned);
  }
  const std::vector<std::filesystem::path> folders = dpdk_runtime_folders();
  std::vector<std::filesystem::path> listening;
  std::optional<TelemetryClient> found;
  std::optional<Error> failure;
  for (const auto& socket : natto_sockets(folders)) {
    bool abandoned = false;
    Result<TelemetryClient> client = open(socket, abandoned);
    if (!client && !abandoned) {
      failure = client.error();
    }
    if (client) {
      listening.push_back(socket);
      if (!found) {
        found.emplace(std::move(*client));
      }
    }
  }
  if (listening.empty() && failure) {
    return *failure;
  }
  if (listening.empty()) {
    return nobody_listens(folders);
  }
  if (listening.size() > 1) {
    std::string message = "several nattos run here: say which with --socket";
    for (const auto& socket : listening) {
      message += "\n  " + socket.string();
    }
    return input_error(std::move(message));
  }
  return std::move(*found);
}

Result<TelemetryClient> TelemetryClient::open(const std::filesystem::path& path, bool& abandoned) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof(address.sun_path)) {
    return input_error(fmt::format("{} is too long for the name of a socket", name));
  }
  std::memcpy(address.sun_path, name.c_str(), name.size());
  TelemetryClient client(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  setsockopt(client.socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(client.socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::connect(client.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
      0) {
    abandoned = errno == ECONNREFUSED;
    return system_error(fmt::format("cannot talk to natto at {}: {}", name, std::strerror(errno)));
  }
  const Result<std::string> greeting = receive(client.socket_);
  if (!greeting) {
    return greeting.error();
  }
  if (greeting->empty()) {
    return system_error(fmt::format(
        "natto at {} has ten other clients, which is DPDK's limit: end one of them", name));
  }
  return client;
}

TelemetryClient::TelemetryClient(TelemetryClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)) {}

TelemetryClient::~TelemetryClient() {
  if (socket_ >= 0) {
    close(socket_);
  }
}

Result<Json> TelemetryClient::ask(std::string_view command, std::string_view parameters) const {
  std::string question(command);
  if (!parameters.empty()) {
    question += fmt::format(",{}", parameters);
  }
  if (send(socket_, question.data(), question.size(), MSG_NOSIGNAL) < 0) {
    return errno == EAGAIN || errno == EWOULDBLOCK ? hung() : gone();
  }
  const Result<std::string> message = receive(socket_);
  if (!message) {
    return message.error();
  }
  if (message->empty()) {
    return gone();
  }
  const Json answer = Json::parse(*message, nullptr, false);
  if (!answer.is_object() || !answer.contains(std::string(command))) {
    return system_error(fmt::format("natto's response to {} is malformed", command));
  }
  Json value = answer[std::string(command)];
  if (value.is_null()) {
    return input_error(fmt::format(
        "natto does not know an answer to {}: it is another version, or is ending", question));
  }
  return value;
}

}  // namespace natto
