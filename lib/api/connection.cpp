#include "api/connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "api/messages.hpp"

namespace natto::api {

Connection::Connection(Descriptor socket, Peer peer, Rights rights, const Limits& limits)
    : socket_(std::move(socket)), peer_(std::move(peer)), rights_(rights), limits_(limits) {}

bool Connection::receive() {
  std::array<char, 16'384> bytes{};
  const ssize_t count = recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count < 0) {
    return errno == EAGAIN || errno == EINTR;
  }
  input_.append(bytes.data(), static_cast<std::size_t>(count));
  ended_ = count == 0;
  if (ended_ && !input_.empty()) {
    input_ += '\n';  // the last line may come without
  }
  return true;
}

std::optional<std::string> Connection::next_request() {
  const std::size_t end = input_.find('\n');
  if (due_ || has_output() || end == std::string::npos || end > limits_.request_bytes) {
    return std::nullopt;
  }
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 1);
  due_ = true;
  progress_ = to_line(ProgressReport{.progress = "waiting"}) + '\n';
  since_ = Clock::now();
  return line;
}

bool Connection::sends_too_much() const {
  return !due_ && !has_output() &&
         std::min(input_.find('\n'), input_.size()) > limits_.request_bytes;
}

void Connection::add(Outbox::Delivery delivery) {
  if (!has_output()) {
    since_ = Clock::now();
  }
  if (delivery.live) {
    live_ = std::move(delivery.live);
    return;
  }
  if (!delivery.last) {
    progress_ = delivery.text;
  }
  output_ += delivery.text;
  pieces_ = std::move(delivery.pieces);
  if (output_.empty() && pieces_) {
    output_ = pieces_();
  }
  due_ = !delivery.last;
}

bool Connection::send() {
  const ssize_t count = ::send(socket_.get(), output_.data() + sent_, output_.size() - sent_,
                               MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count < 0) {
    return errno == EAGAIN || errno == EINTR;
  }
  sent_ += static_cast<std::size_t>(count);
  if (sent_ == output_.size()) {
    output_ = pieces_ ? pieces_() : live_ ? live_() : std::string();
    sent_ = 0;
  }
  if (output_.empty()) {
    pieces_ = nullptr;
    since_ = Clock::now();
  }
  return true;
}

bool Connection::go_on() {
  if (live_) {
    output_ = live_();
    since_ = Clock::now();
    return output_.empty() || send();
  }
  add({.client = 0, .text = progress_, .pieces = {}, .last = false});
  return send();
}

void Connection::say_farewell(const Error& error) {
  if (!has_output()) {
    add({.client = 0, .text = to_line(to_report(error)) + '\n', .pieces = {}, .last = true});
    static_cast<void>(send());
  }
}

Connection::Clock::time_point Connection::deadline() const {
  if (has_output()) {
    return since_ + limits_.report_time;
  }
  return since_ + (live_  ? limits_.follow_time
                   : due_ ? limits_.progress_time
                          : limits_.request_time);
}

std::uint32_t Connection::interest() const {
  if (has_output()) {
    return EPOLLOUT;
  }
  return due_ || ended_ ? 0U : static_cast<std::uint32_t>(EPOLLIN);
}

}  // namespace natto::api
