#pragma once

// natto's socket: a request a line, a report a line (doc/api.md). One thread for all clients, which
// waits for none of them: whatever a client does, the others have their reports and the packets
// their way.

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "api/answer.hpp"
#include "api/connection.hpp"
#include "api/limits.hpp"
#include "api/listener.hpp"
#include "api/messages.hpp"
#include "api/peer.hpp"
#include "api/rights.hpp"

namespace natto::api {

class Server {
 public:
  /// Answers a request, or has it answered: it runs on the server's thread and must not take long.
  /// The peer has the right.
  using Handler = std::function<void(const Request&, const Peer&, const std::shared_ptr<Answer>&)>;

  /// Starts the thread, which runs on `cpus`.
  Server(Listener listener, Access access, Handler handler, const std::vector<unsigned>& cpus,
         const Limits& limits = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Closes all connections and removes the socket. Answers that are still under way go nowhere.
  ~Server();

 private:
  using Clock = Connection::Clock;

  void work();
  void serve(const epoll_event& event);
  void accept_clients();
  void admit(Descriptor socket);
  /// For one more client.
  [[nodiscard]] Status make_room(const Peer& peer, Rights rights);
  /// Sends away the client that is waited for longest. False: all wait for natto.
  [[nodiscard]] bool send_one_away();
  void deliver();
  /// Calls `step` for a client, and closes its connection if that fails.
  template <typename Step>
  void with(std::uint64_t client, Step step);
  /// False: the connection is to be closed.
  [[nodiscard]] bool advance(std::uint64_t client, Connection& connection);
  void answer(const std::string& line, const Peer& peer, Rights rights,
              const std::shared_ptr<Answer>& answer) const;
  void watch(int descriptor, std::uint64_t who, std::uint32_t interest, int operation) const;
  [[nodiscard]] int milliseconds_to_wait() const;
  /// Repeats progress, and closes the connections of those who are late.
  void mind_the_clock();

  const Limits limits_;
  Listener listener_;
  Access access_;
  Handler handler_;
  Descriptor epoll_;
  std::shared_ptr<Outbox> outbox_ = std::make_shared<Outbox>();
  std::map<std::uint64_t, Connection> connections_;
  std::uint64_t last_client_ = 1;  ///< the lower numbers are the listener's and the outbox's
  Clock::time_point accepts_again_ = Clock::time_point::max();  ///< after descriptors ran out
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace natto::api
