#pragma once

// One client of the server: the bytes that it has sent, and those that it has not taken yet.

#include <chrono>
#include <optional>
#include <string>

#include "api/answer.hpp"
#include "api/limits.hpp"
#include "api/peer.hpp"
#include "api/rights.hpp"
#include "base/descriptor.hpp"

namespace natto::api {

/// The server's thread. Never waits.
class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(Descriptor socket, Peer peer, Rights rights, const Limits& limits);

  /// Takes what has come. False: the client has gone.
  [[nodiscard]] bool receive();
  /// The next request, once the last one is answered. The answer is due from then on.
  [[nodiscard]] std::optional<std::string> next_request();
  /// The line that has begun is longer than a request may be.
  [[nodiscard]] bool sends_too_much() const;

  void add(Outbox::Delivery delivery);
  /// Sends what the client takes at once, of one piece. Only if there is output. False: the client
  /// has gone.
  [[nodiscard]] bool send();
  /// A line in which the server says why it closes the connection; none in the middle of another.
  void say_farewell(const Error& error);

  /// A request is under way.
  [[nodiscard]] bool due() const { return due_; }
  /// Says the last progress once more, so that a client that waits knows that natto works; or what
  /// there is of that which it follows. False: the client has gone.
  [[nodiscard]] bool go_on();

  /// It has sent everything that it will ever send, and has its answers.
  [[nodiscard]] bool done() const { return ended_ && !due_ && !has_output(); }
  /// When natto loses patience with it, or has to repeat its progress.
  [[nodiscard]] Clock::time_point deadline() const;
  /// Since when natto waits for it; for the client itself, unless a request is under way.
  [[nodiscard]] Clock::time_point waiting_since() const { return since_; }
  /// What epoll(7) is to wait for: EPOLLIN, EPOLLOUT.
  [[nodiscard]] std::uint32_t interest() const;

  [[nodiscard]] bool has_output() const { return !output_.empty(); }
  [[nodiscard]] int descriptor() const { return socket_.get(); }
  [[nodiscard]] const Peer& peer() const { return peer_; }
  [[nodiscard]] Rights rights() const { return rights_; }

 private:
  Descriptor socket_;
  Peer peer_;
  Rights rights_;
  const Limits& limits_;
  std::string input_;
  bool ended_ = false;  ///< the client will send no more
  bool due_ = false;    ///< a request is not answered yet
  std::string output_;
  std::size_t sent_ = 0;                    ///< of output_
  Pieces pieces_;                           ///< after output_
  Pieces live_;                             ///< likewise, whenever there is more
  std::string progress_;                    ///< the last line of it
  Clock::time_point since_ = Clock::now();  ///< that the client, or its answer, is waited for
};

}  // namespace natto::api
