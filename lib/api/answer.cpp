#include "api/answer.hpp"

#include <sys/eventfd.h>

#include <utility>

#include "api/messages.hpp"

namespace natto::api {

Outbox::Outbox() : wake_up_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void Outbox::put(Delivery delivery) {
  {
    const std::lock_guard lock(mutex_);
    deliveries_.push_back(std::move(delivery));
  }
  wake();
}

std::vector<Outbox::Delivery> Outbox::take() {
  eventfd_t ignored = 0;
  eventfd_read(wake_up_.get(), &ignored);
  const std::lock_guard lock(mutex_);
  return std::exchange(deliveries_, {});
}

void Outbox::wake() const { eventfd_write(wake_up_.get(), 1); }

Answer::~Answer() {
  if (!finished_) {
    refuse(system_error("natto is ending, or has no memory for this"));
  }
}

void Answer::progress(const std::string& line) {
  outbox_->put({.client = client_, .text = line + '\n', .pieces = {}, .last = false});
}

void Answer::report(const std::string& line) { finish(line + '\n', {}); }

void Answer::report(Pieces pieces) {
  finish("", [pieces = std::move(pieces), ended = false]() mutable {
    if (ended) {
      return std::string();
    }
    std::string piece = pieces();
    ended = piece.empty();
    return ended ? "\n" : piece;
  });
}

void Answer::refuse(const Error& error) { report(to_line(to_report(error))); }

void Answer::follow(Pieces lines) {
  if (!std::exchange(finished_, true)) {
    outbox_->put(
        {.client = client_, .text = "", .pieces = {}, .last = false, .live = std::move(lines)});
  }
}

void Answer::finish(std::string text, Pieces pieces) {
  if (!std::exchange(finished_, true)) {
    outbox_->put(
        {.client = client_, .text = std::move(text), .pieces = std::move(pieces), .last = true});
  }
}

}  // namespace natto::api
