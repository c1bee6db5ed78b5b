#include "event_queue.hpp"

#include <cstddef>
#include <cstring>

namespace ena_model {

void EventQueue::enable(std::uint32_t groups) {
  const Registers& registers = device_.registers;
  groups_ = groups;
  ring_ = {.ring = device_.host.at(registers.read_address(kEventBaseLow, kEventBaseHigh)),
           .depth = static_cast<std::uint16_t>(registers.read(kEventCapabilities)),
           .entry_bytes = sizeof(Event)};
  link_told_.reset();
  next_keep_alive_ = {};
}

void EventQueue::step(Clock::time_point now) {
  if (ring_.ring == nullptr) {
    return;
  }
  if (device_.faults.keep_alive && now >= next_keep_alive_) {
    next_keep_alive_ = now + std::chrono::seconds(1);
    const std::uint64_t rx = device_.statistics.rx_drops;
    const std::uint64_t tx = device_.statistics.tx_drops;
    post(kKeepAlive, 0,
         {static_cast<std::uint32_t>(rx), static_cast<std::uint32_t>(rx >> 32),
          static_cast<std::uint32_t>(tx), static_cast<std::uint32_t>(tx >> 32)});
    // Each time, since a driver that starts forgets it.
    if (const std::uint32_t watchdog = device_.settings.watchdog_ms; watchdog != 0) {
      post(kNotification, kUpdateHints, {watchdog << 16});
    }
  }
  if (link_told_ != device_.faults.link) {
    link_told_ = device_.faults.link;
    post(kLinkChange, 0, {device_.faults.link ? 1U : 0U});
  }
  if (Faults::take(device_.faults.warnings)) {
    post(kWarning, 0);
  }
  if (Faults::take(device_.faults.fatal_events)) {
    say_fatal();
  }
}

void EventQueue::say_fatal() {
  if (ring_.ring != nullptr) {
    post(kFatalErrorEvent, 0);
  }
}

void EventQueue::post(EventGroup group, std::uint16_t syndrome,
                      const std::array<std::uint32_t, 12>& value) {
  // The doorbell counts what the driver has taken, and the depth.
  const auto room = static_cast<std::uint16_t>(device_.registers.read(kEventDoorbell) - ring_.tail);
  if ((groups_ & 1U << group) == 0 || room == 0) {
    return;
  }
  auto* const entry = reinterpret_cast<Event*>(ring_.entry());
  const auto flags = static_cast<std::uint8_t>(ring_.phase);
  Event event{.group = group,
              .syndrome = syndrome,
              .flags = static_cast<std::uint8_t>(!flags),
              .reserved = {},
              .timestamp_low = 0,
              .timestamp_high = 0,
              .value = value};
  std::memcpy(entry, &event, sizeof(event));
  std::atomic_ref(entry->flags).store(flags, std::memory_order_release);
  ring_.advance();
  device_.interrupt.raise();
}

}  // namespace ena_model
