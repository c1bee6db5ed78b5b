#include "api/server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <new>
#include <tuple>
#include <utility>

#include "base/cpus.hpp"
#include "base/process_facts.hpp"

namespace natto::api {
namespace {

constexpr std::uint64_t kListener = 0;
constexpr std::uint64_t kOutbox = 1;
/// A flood of connections must not keep the others from theirs.
constexpr int kAcceptedAtOnce = 16;
constexpr std::chrono::milliseconds kPauseWithoutDescriptors(1000);

void say_and_close(const Descriptor& socket, const Error& error) {
  const std::string line = to_line(to_report(error)) + '\n';
  send(socket.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

Error out_of_memory() { return system_error("natto has no memory for this"); }

}  // namespace

Server::Server(Listener listener, Access access, Handler handler, const std::vector<unsigned>& cpus,
               const Limits& limits)
    : limits_(limits),
      listener_(std::move(listener)),
      access_(std::move(access)),
      handler_(std::move(handler)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  watch(listener_.descriptor(), kListener, EPOLLIN, EPOLL_CTL_ADD);
  watch(outbox_->descriptor(), kOutbox, EPOLLIN, EPOLL_CTL_ADD);
  thread_ = std::thread([this] { work(); });
  run_on(thread_.native_handle(), cpus, "natto-api");
}

Server::~Server() {
  stopping_.store(true);
  outbox_->wake();
  thread_.join();
}

// The thread.

void Server::work() {
  std::array<epoll_event, 32> events{};
  while (!stopping_.load()) {
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 milliseconds_to_wait());
    try {
      for (int i = 0; i < count; ++i) {
        serve(events[static_cast<std::size_t>(i)]);
      }
      mind_the_clock();
    } catch (const std::bad_alloc&) {
      // epoll tells what is left once more.
    }
    if (accepts_again_ <= Clock::now()) {
      watch(listener_.descriptor(), kListener, EPOLLIN, EPOLL_CTL_MOD);
      accepts_again_ = Clock::time_point::max();
    }
  }
  deliver();  // what was refused because natto ends
}

void Server::serve(const epoll_event& event) {
  if (event.data.u64 == kListener) {
    return accept_clients();
  }
  if (event.data.u64 == kOutbox) {
    return deliver();
  }
  with(event.data.u64, [&](Connection& connection) {
    if ((event.events & (EPOLLHUP | EPOLLERR)) != 0) {
      return false;
    }
    if ((event.events & EPOLLOUT) != 0 && !connection.send()) {
      return false;
    }
    return (event.events & EPOLLIN) == 0 || connection.receive();
  });
}

void Server::accept_clients() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    Descriptor socket(
        accept4(listener_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        watch(listener_.descriptor(), kListener, 0, EPOLL_CTL_MOD);
        accepts_again_ = Clock::now() + kPauseWithoutDescriptors;
      }
      return;
    }
    try {
      admit(std::move(socket));
    } catch (const std::bad_alloc&) {
      // The client sees its connection closed.
    }
  }
}

void Server::admit(Descriptor socket) {
  Result<Peer> peer = peer_of(socket.get());
  if (!peer) {
    return say_and_close(socket, peer.error());
  }
  const Rights rights = access_.of(*peer);
  if (rights == Rights::kNone) {
    return say_and_close(socket, access_.refusal(*peer));
  }
  if (const Status room = make_room(*peer, rights); !room) {
    return say_and_close(socket, room.error());
  }
  const std::uint64_t client = ++last_client_;
  const auto [added, is_new] =
      connections_.try_emplace(client, std::move(socket), *std::move(peer), rights, limits_);
  const Connection& connection = added->second;
  watch(connection.descriptor(), client, connection.interest(), EPOLL_CTL_ADD);
}

Status Server::make_room(const Peer& peer, Rights rights) {
  const auto is_same_users = [&peer](const auto& entry) {
    return entry.second.peer().user == peer.user;
  };
  if (rights == Rights::kRead && static_cast<std::size_t>(std::ranges::count_if(
                                     connections_, is_same_users)) >= limits_.clients_of_a_reader) {
    return system_error(fmt::format("{} has {} connections already: try again when one has ended",
                                    user_name(peer.user), limits_.clients_of_a_reader));
  }
  if (connections_.size() < limits_.clients || (rights == Rights::kChange && send_one_away())) {
    return Done{};
  }
  return system_error(fmt::format(
      "natto has {} other clients already: try again when one has ended", limits_.clients));
}

bool Server::send_one_away() {
  const auto rank = [](const auto& entry) {
    const Connection& of = entry.second;
    return std::tuple(of.due(), of.has_output(), of.waiting_since());
  };
  const auto first = std::ranges::min_element(connections_, std::less(), rank);
  if (first == connections_.end() || first->second.due()) {
    return false;
  }
  first->second.say_farewell(system_error("natto needs your place for another client"));
  connections_.erase(first);
  return true;
}

void Server::deliver() {
  for (Outbox::Delivery& delivery : outbox_->take()) {
    with(delivery.client, [&](Connection& connection) {
      connection.add(std::move(delivery));
      return !connection.has_output() || connection.send();
    });
  }
}

template <typename Step>
void Server::with(std::uint64_t client, Step step) {
  const auto found = connections_.find(client);
  if (found == connections_.end()) {
    return;
  }
  Connection& connection = found->second;
  bool stays = false;
  try {
    stays = step(connection) && advance(client, connection);
  } catch (const std::bad_alloc&) {
    // The client sees its connection closed.
  }
  if (!stays) {
    connections_.erase(found);  // epoll forgets what is closed
  }
}

bool Server::advance(std::uint64_t client, Connection& connection) {
  if (connection.sends_too_much()) {
    connection.say_farewell(
        {ErrorKind::kUsage, fmt::format("a request has at most {} bytes", limits_.request_bytes)});
    return false;
  }
  if (const auto line = connection.next_request()) {
    answer(*line, connection.peer(), connection.rights(),
           std::make_shared<Answer>(outbox_, client));
  }
  watch(connection.descriptor(), client, connection.interest(), EPOLL_CTL_MOD);
  return !connection.done();
}

void Server::answer(const std::string& line, const Peer& peer, Rights rights,
                    const std::shared_ptr<Answer>& answer) const {
  const Result<Request> request = parse_request(line);
  if (!request) {
    return answer->refuse(request.error());
  }
  const Rights needed = std::visit([](const auto& one) { return one.kNeeds; }, *request);
  if (rights < needed) {
    return answer->refuse(access_.refusal(peer));
  }
  try {
    handler_(*request, peer, answer);
  } catch (const std::bad_alloc&) {
    answer->refuse(out_of_memory());
  }
}

void Server::watch(int descriptor, std::uint64_t who, std::uint32_t interest, int operation) const {
  epoll_event event{.events = interest, .data = {.u64 = who}};
  epoll_ctl(epoll_.get(), operation, descriptor, &event);
}

int Server::milliseconds_to_wait() const {
  auto wait = kPauseWithoutDescriptors;
  for (const auto& [client, connection] : connections_) {
    wait = std::min(
        wait, std::chrono::ceil<std::chrono::milliseconds>(connection.deadline() - Clock::now()));
  }
  return std::max(0, static_cast<int>(wait.count()));
}

void Server::mind_the_clock() {
  const auto now = Clock::now();
  std::vector<std::uint64_t> late;
  for (const auto& [client, connection] : connections_) {
    if (connection.deadline() <= now) {
      late.push_back(client);
    }
  }
  for (const std::uint64_t client : late) {
    with(client, [this](Connection& connection) {
      if (connection.due() && !connection.has_output()) {
        return connection.go_on();
      }
      connection.say_farewell({ErrorKind::kUsage, fmt::format("no request came within {} ms",
                                                              limits_.request_time.count())});
      return false;
    });
  }
}

}  // namespace natto::api
