#pragma once

// Takes what the driver sends from a queue, makes the checksums asked for, and puts it on the wire.

#include "device.hpp"

namespace ena_model {

class Transmitter {
 public:
  explicit Transmitter(Device& device) : device_(device) {}

  /// A few packets of `queue`; true if there were any.
  bool poll(SubmissionQueue& queue);

 private:
  /// A packet's descriptors without metadata, and the header in front, if it lies in device memory.
  struct Request {
    static constexpr std::size_t kMaxDescriptors = 32;
    std::array<TxDescriptor, kMaxDescriptors> descriptors;
    std::size_t count = 0;
    Bytes header;
  };

  [[nodiscard]] bool exceeds_burst(const SubmissionQueue& queue, std::uint16_t tail) const;
  [[nodiscard]] bool collect(SubmissionQueue& queue, std::uint16_t tail);
  [[nodiscard]] bool add(SubmissionQueue& queue, const TxDescriptor& descriptor);
  [[nodiscard]] bool assemble();
  void put_on_wire(const SubmissionQueue& queue);
  void complete(const SubmissionQueue& queue);
  void post(const SubmissionQueue& queue, std::uint16_t request_id);

  Device& device_;
  Request request_;
  std::vector<std::uint8_t> frame_;
};

}  // namespace ena_model
