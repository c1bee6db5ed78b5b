#include "transmit.hpp"

#include <cstring>

namespace ena_model {
namespace {

constexpr int kPacketsAtOnce = 64;
/// Of which the driver is told that a packet has at most.
constexpr std::size_t kMaxDescriptorsPerPacket = 19;
constexpr std::uint32_t kVlanBytes = 4;

}  // namespace

bool Transmitter::poll(SubmissionQueue& queue) {
  const auto tail = static_cast<std::uint16_t>(device_.registers.read(queue.doorbell));
  if (static_cast<std::uint16_t>(tail - queue.head) > queue.depth) {
    device_.fail("a transmit doorbell runs ahead of its queue");
    return false;
  }
  if (exceeds_burst(queue, tail)) {
    device_.fail("more entries are written than a burst may have, without a doorbell");
    return false;
  }
  if (device_.faults.tx_completions_held || queue.head == tail) {
    return false;
  }
  for (int i = 0; i < kPacketsAtOnce && queue.head != tail; ++i) {
    if (!collect(queue, tail) || !assemble()) {
      return false;
    }
    put_on_wire(queue);
    ++queue.packets;
    complete(queue);
  }
  return true;
}

// Doorbells cannot be counted: of two in a row the card sees the second. But an entry beyond the
// burst that is new while the doorbell is still the old one was written without one.
bool Transmitter::exceeds_burst(const SubmissionQueue& queue, std::uint16_t tail) const {
  const std::size_t burst = device_.settings.max_burst_bytes / device_.entry_bytes;
  if (burst == 0 || burst >= queue.depth || !queue.in_device_memory) {
    return false;
  }
  const std::size_t beyond = tail + burst;
  auto* const entry = reinterpret_cast<std::uint32_t*>(queue.ring + (beyond & (queue.depth - 1U)) *
                                                                        device_.entry_bytes);
  const TxDescriptor first{.control = std::atomic_ref(*entry).load(std::memory_order_acquire),
                           .offload = 0,
                           .address_low = 0,
                           .address_high = 0};
  const bool phase_of_round = (beyond & queue.depth) == 0;
  return first.phase() == phase_of_round &&
         static_cast<std::uint16_t>(device_.registers.read(queue.doorbell)) == tail;
}

bool Transmitter::collect(SubmissionQueue& queue, std::uint16_t tail) {
  request_.count = 0;
  request_.header = {};
  const bool device_memory = queue.in_device_memory;
  const std::size_t entry_bytes = device_memory ? device_.entry_bytes : sizeof(TxDescriptor);
  bool last = false;
  for (bool first_entry = true; !last; first_entry = false) {
    if (queue.head == tail) {
      device_.fail("a transmit doorbell ends within a packet");
      return false;
    }
    const std::uint8_t* const entry =
        queue.ring + static_cast<std::size_t>(queue.head & (queue.depth - 1)) * entry_bytes;
    std::size_t descriptors = 1;
    if (device_memory) {
      descriptors = first_entry                       ? device_.descriptors_before_header
                    : device_.one_descriptor_an_entry ? 1
                                                      : entry_bytes / sizeof(TxDescriptor);
    }
    for (std::size_t i = 0; i < descriptors && !last; ++i) {
      TxDescriptor descriptor;
      std::memcpy(&descriptor, entry + i * sizeof(descriptor), sizeof(descriptor));
      if (device_memory && request_.count == 0 && !descriptor.is_meta()) {
        request_.header = {entry + device_.descriptors_before_header * sizeof(TxDescriptor),
                           descriptor.header_length()};
      }
      if (!add(queue, descriptor)) {
        return false;
      }
      last = descriptor.last();
    }
    queue.advance();
  }
  if (request_.count == 0) {
    device_.fail("a packet without data");
  }
  return request_.count != 0;
}

bool Transmitter::add(SubmissionQueue& queue, const TxDescriptor& descriptor) {
  if (descriptor.phase() != queue.phase) {
    device_.fail("a transmit doorbell runs ahead of its descriptors");
    return false;
  }
  if (descriptor.is_meta()) {
    queue.meta = {.l3_offset = descriptor.l3_offset(), .l3_length = descriptor.l3_length()};
    return true;
  }
  if (request_.count == kMaxDescriptorsPerPacket) {
    device_.fail("a packet has too many descriptors");
    return false;
  }
  request_.descriptors[request_.count++] = descriptor;
  return true;
}

bool Transmitter::assemble() {
  frame_.assign(request_.header.begin(), request_.header.end());
  for (std::size_t i = 0; i < request_.count; ++i) {
    const TxDescriptor& descriptor = request_.descriptors[i];
    if (descriptor.length() == 0) {
      continue;
    }
    const std::uint8_t* const data = device_.host.at(descriptor.iova());
    if (data == nullptr) {
      device_.fail("a transmit descriptor names memory that is not the host's");
      return false;
    }
    frame_.insert(frame_.end(), data, data + descriptor.length());
  }
  return true;
}

void Transmitter::put_on_wire(const SubmissionQueue& queue) {
  Statistics& statistics = device_.statistics;
  if (frame_.size() > device_.mtu + kEthernetBytes + kVlanBytes) {
    ++statistics.tx_drops;
    return;
  }
  const TxDescriptor& first = request_.descriptors[0];
  make_checksums(frame_, first, queue.meta);
  statistics.l3_sums_made += bits(first.offload, 13, 1);
  statistics.l4_sums_made += bits(first.offload, 14, 1);
  ++statistics.tx_packets;
  statistics.tx_bytes += frame_.size();
  device_.wire->send(frame_);
}

void Transmitter::complete(const SubmissionQueue& queue) {
  const TxDescriptor& first = request_.descriptors[0];
  Faults& faults = device_.faults;
  if (!first.wants_completion() || Faults::take(faults.tx_completions_lost)) {
    return;
  }
  if (Faults::take(faults.tx_ids_wrong)) {
    return post(queue, static_cast<std::uint16_t>(queue.depth + 1));
  }
  post(queue, first.request_id());
  if (Faults::take(faults.tx_completions_doubled)) {
    post(queue, first.request_id());
  }
}

void Transmitter::post(const SubmissionQueue& queue, std::uint16_t request_id) {
  CompletionQueue& ring = device_.completions[queue.completions];
  if (ring.ring == nullptr) {
    return device_.fail("a transmit queue without its completion queue");
  }
  auto* const entry = reinterpret_cast<TxCompletion*>(ring.entry());
  entry->request_id = request_id;
  entry->status = 0;
  entry->queue = 0;
  entry->submission_head = queue.head;
  std::atomic_ref(entry->flags).store(ring.phase, std::memory_order_release);
  ring.advance();
}

}  // namespace ena_model
