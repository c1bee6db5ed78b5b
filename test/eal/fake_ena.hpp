#pragma once

// An ENA card for tests, where there is none: an ethdev port that offers, refuses and demands what
// DPDK's ENA driver does (drivers/net/ena/ena_ethdev.c of DPDK 22.11).
//
// Underneath lies a net_ring device. fake_ena_calls.cpp defines ethdev's control calls in front of
// DPDK's own, so that DPDK's checks see this card's capabilities too, and calls DPDK's for every
// other port; packets go through the public rte_eth_fp_ops. Nothing in the product knows of it.

#include <rte_ethdev.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "dpdk/ring.hpp"
#include "support/bytes.hpp"

namespace natto::test {

struct FakeEnaOptions {
  std::uint16_t max_queues = 8;  ///< at most 16
  std::uint16_t max_rx_descriptors = 8192;
  std::uint16_t max_tx_descriptors = 1024;  ///< 512 with large LLQ headers
  std::uint16_t max_mtu = 9216;
  bool checksum_offload = true;  ///< both ways
  /// The hardware wants the pseudo-header's sum in the transport checksum
  /// (ENA_L4_IPV4_CSUM_PARTIAL); rte_eth_tx_prepare writes it.
  bool partial_checksum = false;
  std::size_t ring_capacity = 1023;  ///< packets that wait in a queue, one less than a power of two
  MacAddress mac = {{2, 0, 0, 0xe, 0xa, 1}};
};

/// What the driver knows of its configuration. A reset forgets all of it.
struct FakeEnaState {
  bool configured = false;
  bool started = false;
  std::uint16_t queues = 0;          ///< pairs
  std::uint16_t rx_descriptors = 0;  ///< of the queue set up last
  std::uint16_t tx_descriptors = 0;
  std::uint16_t rx_queues_set_up = 0;
  std::uint16_t tx_queues_set_up = 0;
  std::uint16_t device_mtu = 1500;  ///< bytes; configuring does not change it, set_mtu does
  std::uint64_t rx_offloads = 0;
  std::uint64_t tx_offloads = 0;
  std::uint64_t rss_hf = 0;
  bool link_interrupt = false;

  bool operator==(const FakeEnaState&) const = default;
};

/// The calls that can be made to fail.
enum class FakeEnaCall { kConfigure, kSetMtu, kRxQueueSetup, kTxQueueSetup, kStart, kStop, kReset };
inline constexpr std::size_t kFakeEnaCalls = 7;

/// What a test does with it may come from any thread, unless it says otherwise.
class FakeEna {
 public:
  explicit FakeEna(const FakeEnaOptions& options);
  FakeEna() : FakeEna(FakeEnaOptions{}) {}
  FakeEna(const FakeEna&) = delete;
  FakeEna& operator=(const FakeEna&) = delete;
  /// Closes the device if its user has not. No thread uses it any more.
  ~FakeEna();

  [[nodiscard]] std::uint16_t id() const noexcept { return id_; }
  /// A PCI address that Port::open takes.
  [[nodiscard]] const std::string& device() const noexcept { return device_; }

  [[nodiscard]] FakeEnaState state() const;
  [[nodiscard]] unsigned resets() const noexcept { return resets_; }
  /// What the driver or the hardware would have choked on: packets whose offloading was asked for
  /// in a wrong way, that are too long or in too many pieces; burst calls of a stopped device.
  /// Empty in a good test.
  [[nodiscard]] std::vector<std::string> complaints() const;

  /// A frame arrives from the wire, at the queue that ENA's RSS chooses: unfragmented TCP and UDP
  /// by addresses and ports, everything else at queue 0. False: lost, and counted as the driver
  /// does; the link is down, the device is stopped, the frame is longer than the device's MTU, no
  /// packet buffer was free, or the queue was full. One thread at a time.
  bool receive(const Bytes& frame);
  /// The same at `queue`.
  bool receive_at(std::uint16_t queue, const Bytes& frame);
  /// The frames that left since the last call as they are on the wire, checksums filled in, in the
  /// order of each queue.
  [[nodiscard]] std::vector<Bytes> sent();
  [[nodiscard]] std::vector<Bytes> sent(std::uint16_t queue);

  /// Calls those registered for `event` on this thread: RTE_ETH_EVENT_INTR_RESET,
  /// RTE_ETH_EVENT_ERR_RECOVERING, RTE_ETH_EVENT_RECOVERY_SUCCESS and so on.
  void raise(rte_eth_event_type event);
  /// Raises RTE_ETH_EVENT_INTR_LSC too, where link interrupts were asked for.
  void set_link(bool up);
  /// The next `times` calls of `call` answer `error` (negative) and do nothing.
  void fail(FakeEnaCall call, int error, unsigned times = 1);
  void set_mac(const MacAddress& mac);
  /// An extended statistic of the driver; the basic ones are "rx_missed_errors", "rx_errors",
  /// "rx_mbuf_allocation_errors" and "tx_errors".
  void set_counter(const std::string& name, std::uint64_t value);
  /// How often its statistics were read.
  [[nodiscard]] unsigned counter_reads() const noexcept { return counter_reads_; }

  // Called by ethdev's calls and burst functions for this port.

  /// The fake that is `port`, or null.
  [[nodiscard]] static FakeEna* find(std::uint16_t port) noexcept;
  /// The fake whose device() is `name`, or null.
  [[nodiscard]] static FakeEna* find(std::string_view name) noexcept;

  void describe(rte_eth_dev_info& info) const;
  int configure(std::uint16_t rx_queues, std::uint16_t tx_queues, const rte_eth_conf& conf);
  int set_mtu(std::uint16_t mtu);
  int set_up_rx_queue(std::uint16_t queue, std::uint16_t descriptors, rte_mempool* pool);
  int set_up_tx_queue(std::uint16_t queue, std::uint16_t descriptors);
  int start();
  int stop();
  int reset();
  void closed() noexcept { open_ = false; }
  [[nodiscard]] rte_eth_link link() const;
  [[nodiscard]] MacAddress mac() const;
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> counters();
  int register_callback(rte_eth_event_type event, rte_eth_dev_cb_fn function, void* argument);
  int unregister_callback(rte_eth_event_type event, rte_eth_dev_cb_fn function, void* argument);

 private:
  struct Queue {
    FakeEna* card;
    std::uint16_t index;
    Ring rx;
    Ring tx;  ///< unused: net_ring wants one
    rte_mempool* pool = nullptr;
    std::vector<Bytes> sent = {};
  };
  struct Callback {
    rte_eth_event_type event;
    rte_eth_dev_cb_fn function;
    void* argument;
    bool operator==(const Callback&) const = default;
  };

  /// A thread is in a burst function meanwhile.
  class Visit;

  static std::uint16_t stopped_burst(void* queue, rte_mbuf** packets, std::uint16_t count);
  static std::uint16_t receive_burst(void* queue, rte_mbuf** packets, std::uint16_t count);
  static std::uint16_t prepare_burst(void* queue, rte_mbuf** packets, std::uint16_t count);
  static std::uint16_t transmit_burst(void* queue, rte_mbuf** packets, std::uint16_t count);

  [[nodiscard]] std::optional<int> failure(FakeEnaCall call);
  [[nodiscard]] rte_mbuf* make_received(const Queue& queue, const Bytes& frame);

  const FakeEnaOptions options_;
  std::string device_;
  std::uint16_t id_ = 0;
  std::vector<Queue> queues_;
  std::vector<void*> queue_pointers_;  ///< what rte_eth_fp_ops hands to the burst functions
  std::atomic<bool> open_{true};
  std::atomic<unsigned> resets_{0};
  std::atomic<int> visits_{0};
  std::atomic<unsigned> counter_reads_{0};

  mutable std::mutex mutex_;  ///< guards all below, and the queues but for their rings
  FakeEnaState state_;
  bool link_up_ = true;
  MacAddress mac_;
  std::map<std::string, std::uint64_t> counters_;
  std::vector<std::string> complaints_;
  std::vector<Callback> callbacks_;
  unsigned raising_ = 0;  ///< events whose callbacks run now
  struct Failure {
    int error = 0;
    unsigned times = 0;
  };
  std::array<Failure, kFakeEnaCalls> failures_{};
};

}  // namespace natto::test
