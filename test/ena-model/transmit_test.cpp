// What the card makes of requests to send. The test is the driver: it writes a queue in the card's
// memory, and rings its doorbell.

#include "transmit.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace ena_model {
namespace {

constexpr std::uint16_t kDepth = 32;
constexpr std::uint16_t kEntryBytes = 128;
constexpr std::uint32_t kDoorbell = 0x1000;
constexpr std::size_t kBurst = 4;
constexpr std::size_t kDescriptorsBeforeHeader = 2;
constexpr std::size_t kDescriptorsAnEntry = kEntryBytes / sizeof(TxDescriptor);

/// Remembers how long the frames are.
class Lengths final : public Wire {
 public:
  explicit Lengths(std::vector<std::size_t>& lengths) : lengths_(lengths) {}
  Frame* next() override { return nullptr; }
  void take() override {}
  void send(Bytes frame) override { lengths_.push_back(frame.size()); }
  bool waits() const override { return false; }

 private:
  std::vector<std::size_t>& lengths_;
};

class Transmit : public testing::Test {
 protected:
  Transmit() {
    device_.entry_bytes = kEntryBytes;
    queue().used = queue().transmits = queue().in_device_memory = true;
    queue().depth = kDepth;
    queue().ring = memory_.data();
    queue().doorbell = kDoorbell;
    device_.completions[0] = {.ring = reinterpret_cast<std::uint8_t*>(completed_.data()),
                              .depth = kDepth,
                              .entry_bytes = sizeof(TxCompletion)};
  }

  /// A packet of `header` bytes, in so many descriptors: all but the first are empty.
  void write_packet(std::uint32_t header, std::size_t descriptors = 1) {
    std::size_t room = kDescriptorsBeforeHeader;
    for (std::size_t i = 0, in_entry = 0; i < descriptors; ++i) {
      const bool first = i == 0;
      const bool last = i == descriptors - 1;
      const TxDescriptor descriptor{.control = phase() << 24 | (first ? 1U << 26 : 0) |
                                               (last ? 1U << 27 : 0) | (first ? 1U << 28 : 0),
                                    .offload = 0,
                                    .address_low = 0,
                                    .address_high = first ? header << 24 : 0};
      std::memcpy(entry() + in_entry * sizeof(descriptor), &descriptor, sizeof(descriptor));
      if (++in_entry == room || last) {
        ++tail_;
        in_entry = 0;
        room = kDescriptorsAnEntry;
      }
    }
  }
  void ring(std::uint16_t tail) {
    registers_[kDoorbell / 4] = tail;
    transmitter_.poll(queue());
  }
  void ring() { ring(tail_); }

  [[nodiscard]] std::string fatal() const { return device_.fatal.value_or(""); }
  [[nodiscard]] SubmissionQueue& queue() { return device_.submissions[0]; }
  [[nodiscard]] std::uint16_t completions() const { return device_.completions[0].tail; }

  std::vector<std::size_t> sent_;
  std::uint16_t tail_ = 0;

 private:
  [[nodiscard]] std::uint8_t* entry() {
    return memory_.data() + static_cast<std::size_t>(tail_ % kDepth) * kEntryBytes;
  }
  [[nodiscard]] std::uint32_t phase() const { return tail_ / kDepth % 2 == 0 ? 1 : 0; }
  [[nodiscard]] static CardSettings settings() {
    CardSettings settings;
    settings.max_mtu = 64;
    settings.max_burst_bytes = kBurst * kEntryBytes;
    return settings;
  }

  std::vector<std::uint32_t> registers_ = std::vector<std::uint32_t>(Registers::kBytes / 4);
  std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(kDepth * kEntryBytes);
  std::vector<TxCompletion> completed_ = std::vector<TxCompletion>(kDepth);

 protected:
  Device device_{settings(),
                 0,
                 registers_.data(),
                 memory_.data(),
                 testing::TempDir() + "ena-model-interrupts",
                 std::make_unique<Lengths>(sent_)};

 private:
  Transmitter transmitter_{device_};
};

TEST_F(Transmit, APacketLongerThanTheMtuIsRefusedAndCounted) {
  constexpr std::uint32_t kLongest = 64 + 14 + 4;  // with Ethernet's header and a VLAN's tag
  write_packet(kLongest);
  write_packet(kLongest + 1);
  ring();
  EXPECT_EQ(sent_, std::vector<std::size_t>{kLongest});
  EXPECT_EQ(device_.statistics.tx_drops, 1U);
  EXPECT_EQ(completions(), 2) << "its buffer goes back to the host all the same";
  EXPECT_EQ(fatal(), "");
}

TEST_F(Transmit, APacketHasAtMost19Descriptors) {
  write_packet(60, 19);
  ring();
  EXPECT_EQ(sent_.size(), 1U);
  EXPECT_EQ(fatal(), "");
  write_packet(60, 20);
  ring();
  EXPECT_EQ(sent_.size(), 1U);
  EXPECT_EQ(fatal(), "a packet has too many descriptors");
}

TEST_F(Transmit, ADoorbellDoesNotRunAheadOfItsQueue) {
  ring(kDepth + 1);
  EXPECT_EQ(fatal(), "a transmit doorbell runs ahead of its queue");
}

TEST_F(Transmit, ADoorbellDoesNotRunAheadOfItsDescriptors) {
  for (std::uint16_t i = 0; i < kDepth; ++i) {
    write_packet(60);
    ring();
  }
  EXPECT_EQ(sent_.size(), kDepth);
  EXPECT_EQ(fatal(), "");
  ring(static_cast<std::uint16_t>(tail_ + 1));  // an entry of the last round
  EXPECT_EQ(fatal(), "a transmit doorbell runs ahead of its descriptors");
  EXPECT_EQ(sent_.size(), kDepth);
}

TEST_F(Transmit, ADoorbellDoesNotEndWithinAPacket) {
  write_packet(60, 3);  // two entries
  ring(static_cast<std::uint16_t>(tail_ - 1));
  EXPECT_EQ(fatal(), "a transmit doorbell ends within a packet");
}

TEST_F(Transmit, ABurstIsNoLongerThanTheCardSays) {
  const auto burst = [this](std::size_t packets) {
    for (std::size_t i = 0; i < packets; ++i) {
      write_packet(60);
    }
    ring(static_cast<std::uint16_t>(tail_ - packets));  // not yet
  };
  std::size_t packets = 0;
  for (; packets < 3 * kDepth; packets += kBurst) {
    burst(kBurst);
    ring();
  }
  EXPECT_EQ(fatal(), "");
  EXPECT_EQ(sent_.size(), packets);
  burst(kBurst + 1);
  EXPECT_EQ(fatal(), "more entries are written than a burst may have, without a doorbell");
}

}  // namespace
}  // namespace ena_model
