#pragma once

// Gives the host what comes from the wire: in the buffers of a queue, as many as the packet needs.

#include "device.hpp"

namespace ena_model {

class Receiver {
 public:
  explicit Receiver(Device& device) : device_(device) {}

  /// A few packets; true if there were any.
  bool poll();

 private:
  void lose_what_arrives();
  [[nodiscard]] SubmissionQueue* queue_for(Frame& frame);
  /// False: the host has no buffers for it.
  [[nodiscard]] bool deliver(SubmissionQueue& queue, const Frame& frame);

  Device& device_;
};

}  // namespace ena_model
