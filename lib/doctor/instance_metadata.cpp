#include "doctor/instance_metadata.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

namespace natto {
namespace {

using Clock = std::chrono::steady_clock;

/// More than any answer has.
constexpr std::size_t kMaxAnswerBytes = 1 << 16;

class Socket {
 public:
  Socket() : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Whether the socket became ready before the deadline.
bool wait_for(const Socket& socket, short events, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd waiting{.fd = socket.get(), .events = events, .revents = 0};
  return left.count() > 0 && poll(&waiting, 1, static_cast<int>(left.count())) > 0;
}

/// The service, one request for each connection, until a deadline.
class Session {
 public:
  explicit Session(const MetadataService& service)
      : service_(service), deadline_(Clock::now() + service.patience) {}

  Status start() {
    const Result<std::string> token = ask("PUT", "api/token",
                                          "X-aws-ec2-metadata-token-ttl-seconds: 60\r\n"
                                          "Content-Length: 0\r\n");
    if (!token) {
      return token.error();
    }
    if (token->empty() || token->find_first_of("\r\n") != std::string::npos) {
      return failed("its session token makes no sense");
    }
    token_ = *token;
    return Done{};
  }

  /// What the service says of `path`: words, one a line. None if it knows no such path.
  Result<std::vector<std::string>> get(std::string_view path) {
    const Result<std::string> body =
        ask("GET", path, fmt::format("X-aws-ec2-metadata-token: {}\r\n", token_));
    if (!body) {
      return body.error();
    }
    std::vector<std::string> words;
    std::istringstream in(*body);
    for (std::string word; in >> word;) {
      words.push_back(word);
    }
    return words;
  }

  [[nodiscard]] Error failed(std::string_view why) const {
    return system_error(
        fmt::format("instance metadata at {}: {}", to_string(service_.address), why));
  }

 private:
  /// The body of the answer; empty where the service answers 404.
  Result<std::string> ask(std::string_view method, std::string_view path,
                          std::string_view headers) {
    const Result<std::string> answer =
        exchange(fmt::format("{} /latest/{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}\r\n",
                             method, path, to_string(service_.address), headers));
    if (!answer) {
      return answer.error();
    }
    const std::size_t end = answer->find("\r\n\r\n");
    if (!answer->starts_with("HTTP/1.") || end == std::string::npos) {
      return failed("its answer makes no sense");
    }
    const std::string status = answer->substr(std::min(answer->find(' '), end) + 1, 3);
    if (answer->substr(0, end).find("chunked") != std::string::npos) {
      return failed("its answer comes in chunks, which are not understood here");
    }
    if (status == "404") {
      return std::string();
    }
    if (status != "200") {
      return failed(fmt::format("it refuses with status {}", status));
    }
    return answer->substr(end + 4);
  }

  Result<std::string> exchange(std::string_view request) {
    const Socket socket;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(service_.port);
    address.sin_addr.s_addr = htonl(service_.address.host());
    if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
        errno != EINPROGRESS) {
      return failed(std::strerror(errno));
    }
    int error = 0;
    socklen_t length = sizeof(error);
    if (!wait_for(socket, POLLOUT, deadline_)) {
      return failed("no answer");
    }
    getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) {
      return failed(std::strerror(error));
    }
    // A request is smaller than any socket's buffer.
    if (send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      return failed("it takes no request");
    }
    std::string answer;
    while (answer.size() < kMaxAnswerBytes) {
      if (!wait_for(socket, POLLIN, deadline_)) {
        return failed("no answer");
      }
      char block[4096];
      const ssize_t got = recv(socket.get(), block, sizeof(block), 0);
      if (got == 0) {
        return answer;
      }
      if (got < 0) {
        return failed(std::strerror(errno));
      }
      answer.append(block, static_cast<std::size_t>(got));
    }
    return failed("its answer is too long");
  }

  MetadataService service_;
  Clock::time_point deadline_;
  std::string token_;
};

}  // namespace

Result<std::vector<Eni>> ask_instance_metadata(const MetadataService& service) {
  Session session(service);
  if (const Status status = session.start(); !status) {
    return status.error();
  }
  const std::string folder = "meta-data/network/interfaces/macs/";
  const auto macs = session.get(folder);
  if (!macs) {
    return macs.error();
  }
  std::vector<Eni> enis;
  for (const std::string& mac : *macs) {
    // Each ends in a slash.
    const auto of_eni = [&](std::string_view name) {
      return session.get(fmt::format("{}{}{}", folder, mac, name));
    };
    const auto id = of_eni("interface-id");
    const auto addresses = of_eni("local-ipv4s");
    const auto prefixes = of_eni("ipv4-prefix");
    const auto groups = of_eni("security-group-ids");
    for (const auto* answer : {&id, &addresses, &prefixes, &groups}) {
      if (!*answer) {
        return answer->error();
      }
    }
    if (id->size() != 1 || !is_aws_id(id->front()) || !std::ranges::all_of(*groups, is_aws_id)) {
      return session.failed("what it says of an interface makes no sense");
    }
    Eni eni{.id = id->front(), .security_groups = *groups};
    for (const auto* list : {&addresses, &prefixes}) {
      for (const std::string& text : **list) {
        if (const auto prefix = parse_ipv4_prefix(text)) {
          eni.owned.push_back(*prefix);
        }
      }
    }
    enis.push_back(std::move(eni));
  }
  return enis;
}

}  // namespace natto
