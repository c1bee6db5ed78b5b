#include "control_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ena_model {
namespace {

/// "2 700": the third value is 700.
std::string set_one(std::span<std::uint64_t> values, std::string_view text) {
  unsigned which = 0;
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [space, error] = std::from_chars(text.data(), end, which);
  if (error != std::errc() || space == end || which >= values.size() ||
      std::from_chars(space + 1, end, value).ec != std::errc()) {
    return "error: say which of 0 to " + std::to_string(values.size() - 1) + ", and how many";
  }
  values[which] = value;
  return "ok";
}

std::string obey(std::vector<std::unique_ptr<Card>>& cards, std::string_view line) {
  const std::size_t space = line.find(' ');
  unsigned card = 0;
  if (space == std::string_view::npos ||
      std::from_chars(line.data(), line.data() + space, card).ec != std::errc() ||
      card >= cards.size()) {
    return "error: say which card, and what: 0 keep-alive off";
  }
  const std::string_view command = line.substr(space + 1);
  if (command == "report") {
    return cards[card]->report().dump();
  }
  if (command == "configuration") {
    return cards[card]->configuration().dump();
  }
  if (constexpr std::string_view kMac = "mac "; command.starts_with(kMac)) {
    try {
      cards[card]->set_mac(parse_mac(std::string(command.substr(kMac.size()))));
    } catch (const std::exception& error) {
      return std::string("error: ") + error.what();
    }
    return "ok";
  }
  Statistics& statistics = cards[card]->statistics();
  if (constexpr std::string_view kAllowance = "allowance "; command.starts_with(kAllowance)) {
    return set_one(statistics.allowances, command.substr(kAllowance.size()));
  }
  if (constexpr std::string_view kSrd = "srd "; command.starts_with(kSrd)) {
    return set_one(statistics.srd, command.substr(kSrd.size()));
  }
  const std::string error = cards[card]->faults().set(command);
  return error.empty() ? "ok" : "error: " + error;
}

}  // namespace

ControlSocket::ControlSocket(const std::filesystem::path& path)
    : listener_(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof(address.sun_path)) {
    throw std::runtime_error(name + " is too long for a socket");
  }
  std::memcpy(address.sun_path, name.data(), name.size());
  unlink(name.c_str());
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener_, 8) != 0) {
    throw std::runtime_error(name + ": " + std::strerror(errno));
  }
}

ControlSocket::~ControlSocket() {
  for (const int client : clients_) {
    close(client);
  }
  close(listener_);
}

void ControlSocket::step(std::vector<std::unique_ptr<Card>>& cards) {
  if (const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      client >= 0) {
    clients_.push_back(client);
  }
  std::array<char, 256> line{};
  std::erase_if(clients_, [&](int client) {
    const ssize_t count = recv(client, line.data(), line.size(), 0);
    if (count > 0) {
      const std::string answer =
          obey(cards, std::string_view(line.data(), static_cast<std::size_t>(count)));
      static_cast<void>(send(client, answer.data(), answer.size(), MSG_NOSIGNAL));
      return false;
    }
    const bool gone = count == 0 || (errno != EAGAIN && errno != EINTR);
    if (gone) {
      close(client);
    }
    return gone;
  });
}

}  // namespace ena_model
