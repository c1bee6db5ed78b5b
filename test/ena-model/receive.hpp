#pragma once

// Gives the host what comes from the wire: in the buffers of a queue, as many as the packet needs.

#include "device.hpp"

namespace ena_model {

class Receiver {
 public:
  explicit Receiver(Device& device) : device_(device) {}

  /// A few packets; true if the host got any.
  bool poll(Clock::time_point now);

 private:
  /// How many packets may be delivered now.
  [[nodiscard]] int allowed(Clock::time_point now);
  [[nodiscard]] bool takes_wrong_id();
  void lose_what_arrives();
  [[nodiscard]] SubmissionQueue* queue_for(Frame& frame);
  /// False: the host has no buffers for it.
  [[nodiscard]] bool deliver(SubmissionQueue& queue, const Frame& frame);

  Device& device_;
  bool alone_ = false;  ///< the next completion is one that comes alone
  Clock::time_point quiet_until_{};
};

}  // namespace ena_model
