#include "receive.hpp"

#include <algorithm>
#include <cstring>

namespace ena_model {
namespace {

constexpr int kPacketsAtOnce = 64;
/// The wire's silence before and after a completion that is to come alone. Up to DPDK 26.07 a wrong
/// id crashes the driver behind others that it takes at once.
constexpr std::chrono::milliseconds kSilence{50};

std::uint32_t capacity(const RxDescriptor& descriptor) {
  return descriptor.length == 0 ? 65'536 : descriptor.length;
}

}  // namespace

bool Receiver::poll(Clock::time_point now) {
  if (!device_.faults.link) {
    lose_what_arrives();
    return false;
  }
  const int most = allowed(now);
  bool delivered = false;
  for (int packets = 0; packets < most; ++packets) {
    Frame* const frame = device_.wire->next();
    if (frame == nullptr) {
      break;
    }
    SubmissionQueue* const queue = queue_for(*frame);
    if (queue != nullptr && deliver(*queue, *frame)) {
      delivered = true;
    } else {
      if (device_.wire->waits() || device_.fatal) {
        break;
      }
      ++device_.statistics.rx_drops;
    }
    device_.wire->take();
  }
  if (alone_ && delivered) {
    alone_ = false;
    quiet_until_ = now + kSilence;
  }
  return delivered;
}

int Receiver::allowed(Clock::time_point now) {
  const Faults& faults = device_.faults;
  if (faults.lone_rx_ids_wrong != 0 && !alone_) {
    alone_ = true;
    quiet_until_ = now + kSilence;
  }
  if (!faults.receives || now < quiet_until_) {
    return 0;
  }
  return alone_ ? 1 : kPacketsAtOnce;
}

bool Receiver::takes_wrong_id() {
  Faults& faults = device_.faults;
  return Faults::take(faults.rx_ids_wrong) || (alone_ && Faults::take(faults.lone_rx_ids_wrong));
}

void Receiver::lose_what_arrives() {
  for (int packets = 0;
       packets < kPacketsAtOnce && !device_.wire->waits() && device_.wire->next() != nullptr;
       ++packets) {
    device_.wire->take();
  }
}

SubmissionQueue* Receiver::queue_for(Frame& frame) {
  if (frame.examined_with != device_.key_number) {
    frame.received = examine(frame.bytes, device_.key, device_.settings.checks);
    frame.examined_with = device_.key_number;
  }
  const auto is_receiver = [](const SubmissionQueue& queue) {
    return queue.used && !queue.transmits;
  };
  if (frame.received.hashed && !device_.table.empty()) {
    SubmissionQueue& queue =
        device_.submissions[device_.table[frame.received.hash % device_.table.size()]];
    if (is_receiver(queue)) {
      return &queue;
    }
  }
  const auto found = std::ranges::find_if(device_.submissions, is_receiver);
  return found == device_.submissions.end() ? nullptr : &*found;
}

bool Receiver::deliver(SubmissionQueue& queue, const Frame& frame) {
  CompletionQueue& ring = device_.completions[queue.completions];
  const auto buffers =
      static_cast<std::uint16_t>(device_.registers.read(queue.doorbell) - queue.head);
  if (ring.ring == nullptr || buffers > queue.depth) {
    device_.fail("a receive doorbell runs ahead of its queue");
    return false;
  }
  const auto descriptor_at = [&queue](std::size_t position) {
    RxDescriptor descriptor;
    std::memcpy(&descriptor, queue.ring + (position & (queue.depth - 1U)) * sizeof(RxDescriptor),
                sizeof(descriptor));
    return descriptor;
  };
  std::size_t room = 0;
  for (std::uint16_t i = 0; i < buffers && room < frame.bytes.size(); ++i) {
    room += capacity(descriptor_at(queue.head + i));
  }
  if (room < frame.bytes.size()) {
    return false;
  }
  for (std::size_t at = 0; at < frame.bytes.size();) {
    const RxDescriptor descriptor = descriptor_at(queue.head);
    const std::size_t length = std::min<std::size_t>(capacity(descriptor), frame.bytes.size() - at);
    std::uint8_t* const buffer = device_.host.at(descriptor.iova());
    if (buffer == nullptr) {
      device_.fail("a receive descriptor names memory that is not the host's");
      return false;
    }
    std::memcpy(buffer, frame.bytes.data() + at, length);
    auto* const entry = reinterpret_cast<RxCompletion*>(ring.entry());
    entry->length = static_cast<std::uint16_t>(length);
    entry->request_id =
        takes_wrong_id() ? static_cast<std::uint16_t>(queue.depth + 1) : descriptor.request_id;
    entry->hash = frame.received.hash;
    entry->queue = 0;
    entry->offset = 0;
    const std::uint32_t status = frame.received.status | kBufferUsed | (at == 0 ? kFirst : 0U) |
                                 (at + length == frame.bytes.size() ? kLast : 0U) |
                                 (ring.phase ? kPhase : 0U);
    std::atomic_ref(entry->status).store(status, std::memory_order_release);
    ring.advance();
    queue.advance();
    at += length;
  }
  ++queue.packets;
  ++device_.statistics.rx_packets;
  ++device_.statistics.rx_by_queue[queue.number % device_.statistics.rx_by_queue.size()];
  device_.statistics.rx_bytes += frame.bytes.size();
  return true;
}

}  // namespace ena_model
