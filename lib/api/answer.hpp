#pragma once

// The way of a report from the thread that makes it to the server's, which sends it.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto::api {

/// A report's text, piece by piece; an empty one is the end. Called by the server's thread, when
/// its client has taken what came before: nobody holds more of a long report than that.
using Pieces = std::function<std::string()>;

/// What waits to be sent. Shared by the server and the answers under way, which may outlive it.
class Outbox {
 public:
  struct Delivery {
    std::uint64_t client;
    std::string text;  ///< lines
    Pieces pieces;     ///< after it; may be empty
    bool last;         ///< the request is answered
    Pieces live = {};  ///< instead: see Answer::follow
  };

  Outbox();

  /// Any thread.
  void put(Delivery delivery);
  /// The server's thread.
  [[nodiscard]] std::vector<Delivery> take();
  /// An eventfd(2) that is readable when there is something to take.
  [[nodiscard]] int descriptor() const { return wake_up_.get(); }
  void wake() const;

 private:
  Descriptor wake_up_;
  std::mutex mutex_;  ///< guards deliveries_
  std::vector<Delivery> deliveries_;
};

/// One request's answer: any number of progress lines, then one report or error. Any thread. If it
/// is let go without, the client is told that natto cannot.
class Answer {
 public:
  Answer(std::shared_ptr<Outbox> outbox, std::uint64_t client)
      : outbox_(std::move(outbox)), client_(client) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer();

  /// Lines without their line feed.
  void progress(const std::string& line);
  void report(const std::string& line);
  /// A line in pieces; its line feed is added.
  void report(Pieces pieces);
  void refuse(const Error& error);
  /// Lines until the client goes, and with it `lines`. That returns those that are there now; none:
  /// it is called again soon. Called by the server's thread, when its client has taken what came
  /// before.
  void follow(Pieces lines);

 private:
  void finish(std::string text, Pieces pieces);

  std::shared_ptr<Outbox> outbox_;
  std::uint64_t client_;
  bool finished_ = false;
};

}  // namespace natto::api
