#pragma once

// The card tells the driver what happened on its own: that it lives, that the link changed.

#include "device.hpp"

namespace ena_model {

class EventQueue {
 public:
  explicit EventQueue(Device& device) : device_(device) {}

  void reset() { *this = EventQueue(device_); }
  EventQueue(const EventQueue&) = default;
  EventQueue& operator=(const EventQueue& other) {
    ring_ = other.ring_;
    groups_ = other.groups_;
    link_told_ = other.link_told_;
    next_keep_alive_ = other.next_keep_alive_;
    return *this;
  }

  /// The driver has chosen what it wants to be told.
  void enable(std::uint32_t groups);
  void step(Clock::time_point now);
  /// The card stops.
  void say_fatal();

 private:
  void post(EventGroup group, std::uint16_t syndrome,
            const std::array<std::uint32_t, 12>& value = {});

  Device& device_;
  CompletionQueue ring_;
  std::uint32_t groups_ = 0;
  std::optional<bool> link_told_;
  Clock::time_point next_keep_alive_{};
};

}  // namespace ena_model
