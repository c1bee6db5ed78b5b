#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace natto::test {

/// A client that may behave as badly as a test wants.
class RawClient {
 public:
  explicit RawClient(const std::filesystem::path& path) : socket_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  }
  ~RawClient() { vanish(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}

  [[nodiscard]] bool connected() const { return connected_; }

  /// How much natto took of it.
  std::size_t send(std::string_view text) const {
    std::size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t count = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) {
        break;
      }
      sent += static_cast<std::size_t>(count);
    }
    return sent;
  }
  void send_no_more() const { shutdown(socket_, SHUT_WR); }
  void vanish() { close(std::exchange(socket_, -1)); }

  /// The next line without its line feed; what there is, if the connection ends before.
  std::string line() {
    std::size_t end = 0;
    std::string piece(1 << 18, '\0');
    while ((end = input_.find('\n', end)) == std::string::npos) {
      end = input_.size();
      const ssize_t count = recv(socket_, piece.data(), piece.size(), 0);
      if (count <= 0) {
        return std::exchange(input_, "");
      }
      input_.append(piece.data(), static_cast<std::size_t>(count));
    }
    std::string text = input_.substr(0, end);
    input_.erase(0, end + 1);
    return text;
  }
  /// All that comes until the connection ends.
  [[nodiscard]] std::string rest() const {
    std::string text;
    std::string piece(1 << 16, '\0');
    ssize_t count = 0;
    while ((count = recv(socket_, piece.data(), piece.size(), 0)) > 0) {
      text.append(piece.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  /// The server has ended the connection, and everything was read.
  [[nodiscard]] bool ended() const {
    char byte = 0;
    return recv(socket_, &byte, 1, 0) <= 0;
  }

 private:
  int socket_;
  bool connected_ = false;
  std::string input_;
};

}  // namespace natto::test
