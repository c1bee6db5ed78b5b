#pragma once

// A card: registers, reset, and its parts in turn.

#include <nlohmann/json_fwd.hpp>

#include "admin_queue.hpp"
#include "event_queue.hpp"
#include "receive.hpp"
#include "transmit.hpp"

namespace ena_model {

class Card {
 public:
  explicit Card(std::unique_ptr<Device> device);

  /// Does what there is to do now; true if packets moved.
  bool step(Clock::time_point now);

  [[nodiscard]] Faults& faults() { return device_->faults; }
  [[nodiscard]] Statistics& statistics() { return device_->statistics; }
  /// What it says from its next reset on.
  void set_mac(const MacAddress& mac) { device_->mac = mac; }
  /// What it did, for the control socket.
  [[nodiscard]] nlohmann::ordered_json report() const;
  /// What the driver made of it: queues and how it spreads over them, MTU.
  [[nodiscard]] nlohmann::ordered_json configuration() const;

 private:
  void obey_control(Clock::time_point now);
  void notice_farewell();
  void forget_driver();
  void answer_register_read();
  [[nodiscard]] std::uint32_t admin_timeout_ms() const;
  [[nodiscard]] std::uint32_t value_of(std::uint32_t offset) const;
  void reset(std::uint32_t control);

  std::unique_ptr<Device> device_;
  EventQueue events_;
  AdminQueue admin_;
  Transmitter transmitter_;
  Receiver receiver_;
  std::uint32_t last_read_request_;
  std::uint32_t status_ = kReady;
  bool reset_fails_ = false;
  std::optional<Clock::time_point> reset_ends_;
  bool driver_present_ = false;
};

}  // namespace ena_model
