#pragma once

// What the parts of a card share: its BARs, queues, and what the driver has set.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "faults.hpp"
#include "host_interface.hpp"
#include "host_memory.hpp"
#include "interrupt_line.hpp"
#include "receive_parser.hpp"
#include "settings.hpp"
#include "transmit_checksums.hpp"
#include "wire.hpp"

namespace ena_model {

using Clock = std::chrono::steady_clock;

/// BAR 0. The driver writes to plain memory, so a write is noticed by looking.
class Registers {
 public:
  static constexpr std::size_t kBytes = 1 << 16;
  explicit Registers(std::uint32_t* memory) : memory_(memory) {}

  [[nodiscard]] std::uint32_t read(std::uint32_t offset) const {
    return std::atomic_ref(memory_[offset / 4]).load(std::memory_order_acquire);
  }
  void write(std::uint32_t offset, std::uint32_t value) {
    std::atomic_ref(memory_[offset / 4]).store(value, std::memory_order_release);
  }
  /// What the driver has written since the last call; none: nothing. For a register that it never
  /// reads, since afterwards `none` stands there.
  [[nodiscard]] std::uint32_t take(std::uint32_t offset, std::uint32_t none) {
    return std::atomic_ref(memory_[offset / 4]).exchange(none);
  }
  [[nodiscard]] std::uint64_t read_address(std::uint32_t low, std::uint32_t high) const {
    return static_cast<std::uint64_t>(read(high)) << 32 | read(low);
  }

 private:
  std::uint32_t* memory_;
};

/// Where entries go that the host awaits. The phase says which are new; it changes with each round.
struct CompletionQueue {
  std::uint8_t* ring = nullptr;  ///< null: there is no such queue
  std::uint16_t depth = 0;       ///< a power of two
  std::uint16_t entry_bytes = 0;
  std::uint16_t tail = 0;
  bool phase = true;

  [[nodiscard]] std::uint8_t* entry() const {
    return ring + static_cast<std::size_t>(tail & (depth - 1)) * entry_bytes;
  }
  void advance() {
    ++tail;
    phase ^= (tail & (depth - 1)) == 0;
  }
};

struct SubmissionQueue {
  bool used = false;
  bool transmits = false;
  bool in_device_memory = false;
  std::uint16_t number = 0;       ///< among the receiving or transmitting ones
  std::uint16_t completions = 0;  ///< index of its completion queue
  std::uint16_t depth = 0;        ///< a power of two
  std::uint8_t* ring = nullptr;
  std::uint32_t doorbell = 0;  ///< offset of the register that holds the driver's tail
  std::uint16_t head = 0;
  bool phase = true;
  TxMeta meta{};  ///< of the last meta descriptor
  std::uint64_t packets = 0;

  void advance() {
    ++head;
    phase ^= (head & (depth - 1)) == 0;
  }
};

struct Statistics {
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_bytes = 0;
  std::array<std::uint64_t, 8> rx_by_queue{};  ///< in the order that the driver made them
  std::uint64_t rx_drops = 0;                  ///< the host had no buffers
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_drops = 0;  ///< refused: longer than the MTU
  /// ENI statistics, in their order: bandwidth in, out, packets, connections, link-local; then,
  /// with customer metrics, connections available.
  std::array<std::uint64_t, 6> allowances{};
  /// In their order: whether SRD is on; packets sent by it, or that could have been, or received;
  /// percent of its resources in use.
  std::array<std::uint64_t, 5> srd{1};
  std::vector<std::uint32_t> reset_reasons{};  ///< of each reset, as the driver gave it
  std::uint64_t l3_sums_made = 0;
  std::uint64_t l4_sums_made = 0;
};

struct Device {
  static constexpr std::size_t kMaxQueues = 32;  ///< of a kind: a queue pair takes two
  static constexpr std::size_t kMemoryBytes = 32 << 20;
  static constexpr std::uint32_t kNoKey = 1;

  Device(const CardSettings& of, unsigned number, std::uint32_t* bar0, std::uint8_t* bar2,
         const std::string& line, std::unique_ptr<Wire> cable)
      : settings(of),
        index(number),
        registers(bar0),
        memory(bar2),
        interrupt(line, of.interrupts),
        wire(std::move(cable)),
        mac(of.mac),
        mtu(of.max_mtu) {}

  const CardSettings settings;
  const unsigned index;
  Registers registers;
  std::uint8_t* const memory;  ///< BAR 2, for queues in device memory; null: there is none
  InterruptLine interrupt;
  const std::unique_ptr<Wire> wire;
  HostMemory host;
  Faults faults;
  Statistics statistics;
  MacAddress mac;

  // What the driver sets, until the next reset.
  std::array<SubmissionQueue, kMaxQueues> submissions;
  std::array<CompletionQueue, kMaxQueues> completions;
  std::uint32_t mtu;                ///< bytes of the largest packet that is sent
  std::uint16_t entry_bytes = 128;  ///< of device memory
  std::uint16_t descriptors_before_header = 2;
  bool one_descriptor_an_entry = false;
  RssKeyBytes key{};
  std::uint32_t key_number = kNoKey;   ///< of the key: counts its changes
  std::vector<std::uint16_t> table{};  ///< submission queues
  bool fragment_bypass = false;
  std::optional<std::string> fatal;  ///< why it does nothing until a reset

  /// It stops. What a driver must never do is a line on standard error.
  void fail(std::string why);
};

}  // namespace ena_model
