#include "eal/fake_ena.hpp"

#include <fmt/format.h>
#include <rte_eth_ring.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "eal/ena_offload.hpp"

namespace natto::test {
namespace {

constexpr std::uint64_t kRssTypes = RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP |
                                    RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_NONFRAG_IPV6_UDP;
constexpr std::uint16_t kMinDescriptors = 128;
constexpr std::uint16_t kMinRxBufferBytes = 1400;
constexpr std::size_t kEthernetBytes = 14;

std::array<std::atomic<FakeEna*>, RTE_MAX_ETHPORTS> cards{};

/// Queue of a hashed frame: the same for every packet of a flow.
std::uint16_t rss_queue(const Bytes& frame, std::uint16_t queues) {
  std::uint32_t hash = 0;
  for (std::size_t i = kEthernetBytes + 12; i < kEthernetBytes + 24 && i < frame.size(); ++i) {
    hash = (hash ^ frame[i]) * 16'777'619U;
  }
  return static_cast<std::uint16_t>((hash >> 8) % queues);
}

rte_eth_desc_lim limits(std::uint16_t max) {
  return {.nb_max = max,
          .nb_min = kMinDescriptors,
          .nb_align = 1,
          .nb_seg_max = kEnaMaxSegments,
          .nb_mtu_seg_max = kEnaMaxSegments};
}

}  // namespace

FakeEna::FakeEna(const FakeEnaOptions& options) : options_(options), mac_(options.mac) {
  static unsigned serial = 0;
  const std::string name = fmt::format("ena{}", serial);
  device_ = fmt::format("00ff:{:02x}:{:02x}.0", serial / 32, serial % 32);
  ++serial;
  counters_ = {{"rx_missed_errors", 0},
               {"rx_errors", 0},
               {"rx_mbuf_allocation_errors", 0},
               {"tx_errors", 0},
               {"wd_expired", 0},
               {"tx_drops", 0},
               {"bw_in_allowance_exceeded", 0},
               {"bw_out_allowance_exceeded", 0},
               {"pps_allowance_exceeded", 0},
               {"conntrack_allowance_exceeded", 0},
               {"linklocal_allowance_exceeded", 0}};
  std::vector<rte_ring*> rx;
  std::vector<rte_ring*> tx;
  const auto size = static_cast<unsigned>(std::bit_ceil(options_.ring_capacity + 1));
  for (std::uint16_t i = 0; i < options_.max_queues; ++i) {
    queues_.push_back({.card = this,
                       .index = i,
                       .rx = create_ring(fmt::format("{}rx{}", name, i), size).value(),
                       .tx = create_ring(fmt::format("{}tx{}", name, i), 2).value()});
    rx.push_back(queues_.back().rx.get());
    tx.push_back(queues_.back().tx.get());
  }
  for (Queue& queue : queues_) {
    queue_pointers_.push_back(&queue);
  }
  const int id = rte_eth_from_rings(name.c_str(), rx.data(), options_.max_queues, tx.data(),
                                    options_.max_queues, 0);
  EXPECT_GE(id, 0);
  id_ = static_cast<std::uint16_t>(id);
  cards[id_] = this;
  // net_ring has no link interrupt, which DPDK asks of the flags alone.
  rte_eth_dev_info info{};
  EXPECT_EQ(rte_eth_dev_info_get(id_, &info), 0);
  *const_cast<std::uint32_t*>(info.dev_flags) |= RTE_ETH_DEV_INTR_LSC;
}

FakeEna::~FakeEna() {
  if (open_) {
    rte_eth_dev_stop(id_);
    rte_eth_dev_close(id_);
  }
  cards[id_] = nullptr;
}

FakeEna* FakeEna::find(std::uint16_t port) noexcept {
  return port < cards.size() ? cards[port].load() : nullptr;
}

FakeEna* FakeEna::find(std::string_view name) noexcept {
  for (const auto& card : cards) {
    if (card != nullptr && card.load()->device() == name) {
      return card;
    }
  }
  return nullptr;
}

FakeEnaState FakeEna::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::vector<std::string> FakeEna::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

// ------------------------------------------------------------------------------------------------
// Control

void FakeEna::describe(rte_eth_dev_info& info) const {
  info.driver_name = "net_ena";
  info.rx_offload_capa = RTE_ETH_RX_OFFLOAD_RSS_HASH | RTE_ETH_RX_OFFLOAD_SCATTER;
  info.tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
  if (options_.checksum_offload) {
    info.rx_offload_capa |=
        RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
    info.tx_offload_capa |=
        RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
  }
  info.rx_queue_offload_capa = 0;
  info.tx_queue_offload_capa = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
  info.flow_type_rss_offloads = kRssTypes;
  info.hash_key_size = 40;
  info.reta_size = 128;
  info.min_rx_bufsize = 64;
  info.max_rx_pktlen = options_.max_mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
  info.min_mtu = 128;
  info.max_mtu = options_.max_mtu;
  info.max_mac_addrs = 1;
  info.max_rx_queues = options_.max_queues;
  info.max_tx_queues = options_.max_queues;
  info.rx_desc_lim = limits(options_.max_rx_descriptors);
  info.tx_desc_lim = limits(options_.max_tx_descriptors);
  info.default_rxportconf.ring_size = 1024;
  info.default_txportconf.ring_size = 1024;
  info.err_handle_mode = RTE_ETH_ERROR_HANDLE_MODE_PASSIVE;
}

/// What DPDK's own check of `conf` against the capabilities has let pass.
int FakeEna::configure(std::uint16_t rx_queues, std::uint16_t tx_queues, const rte_eth_conf& conf) {
  if (const auto error = failure(FakeEnaCall::kConfigure)) {
    return *error;
  }
  const std::lock_guard lock(mutex_);
  if (rx_queues != tx_queues) {
    complaints_.push_back(fmt::format("{} receive and {} transmit queues", rx_queues, tx_queues));
  }
  state_.configured = true;
  state_.queues = rx_queues;
  state_.rx_offloads = conf.rxmode.offloads;
  state_.tx_offloads = conf.txmode.offloads;
  const bool rss = conf.rxmode.mq_mode == RTE_ETH_MQ_RX_RSS;
  state_.rss_hf = rss ? conf.rx_adv_conf.rss_conf.rss_hf : 0;
  state_.link_interrupt = conf.intr_conf.lsc != 0;
  state_.rx_queues_set_up = 0;
  state_.tx_queues_set_up = 0;
  return 0;
}

int FakeEna::set_mtu(std::uint16_t mtu) {
  if (const auto error = failure(FakeEnaCall::kSetMtu)) {
    return *error;
  }
  const std::lock_guard lock(mutex_);
  if (!state_.configured || mtu < 128 || mtu > options_.max_mtu) {
    return -EINVAL;
  }
  state_.device_mtu = mtu;
  return 0;
}

int FakeEna::set_up_rx_queue(std::uint16_t queue, std::uint16_t descriptors, rte_mempool* pool) {
  if (const auto error = failure(FakeEnaCall::kRxQueueSetup)) {
    return *error;
  }
  const std::lock_guard lock(mutex_);
  if (!state_.configured || queue >= state_.queues || !std::has_single_bit(descriptors) ||
      descriptors < kMinDescriptors || descriptors > options_.max_rx_descriptors ||
      rte_pktmbuf_data_room_size(pool) < kMinRxBufferBytes + RTE_PKTMBUF_HEADROOM) {
    return -EINVAL;
  }
  queues_[queue].pool = pool;
  state_.rx_descriptors = descriptors;
  ++state_.rx_queues_set_up;
  return 0;
}

int FakeEna::set_up_tx_queue(std::uint16_t queue, std::uint16_t descriptors) {
  if (const auto error = failure(FakeEnaCall::kTxQueueSetup)) {
    return *error;
  }
  const std::lock_guard lock(mutex_);
  if (!state_.configured || queue >= state_.queues || !std::has_single_bit(descriptors) ||
      descriptors < kMinDescriptors || descriptors > options_.max_tx_descriptors) {
    return -EINVAL;
  }
  state_.tx_descriptors = descriptors;
  ++state_.tx_queues_set_up;
  return 0;
}

class FakeEna::Visit {
 public:
  explicit Visit(FakeEna& card) noexcept : card_(card) { ++card_.visits_; }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() { --card_.visits_; }

 private:
  FakeEna& card_;
};

/// After DPDK has started the net_ring device, whose burst functions it put into place.
int FakeEna::start() {
  if (const auto error = failure(FakeEnaCall::kStart)) {
    return *error;
  }
  const std::lock_guard lock(mutex_);
  if (!state_.configured || state_.rx_queues_set_up < state_.queues ||
      state_.tx_queues_set_up < state_.queues) {
    return -EINVAL;
  }
  auto& operations = rte_eth_fp_ops[id_];
  operations.rxq.data = queue_pointers_.data();
  operations.txq.data = queue_pointers_.data();
  operations.tx_pkt_prepare = prepare_burst;
  operations.rx_pkt_burst = receive_burst;
  operations.tx_pkt_burst = transmit_burst;
  state_.started = true;
  return 0;
}

/// The driver frees what lies in its rings. Nobody may be at them.
int FakeEna::stop() {
  if (const auto error = failure(FakeEnaCall::kStop)) {
    return *error;
  }
  const std::lock_guard lock(mutex_);
  if (visits_ > 0) {
    complaints_.push_back("a thread was in a burst function when the device was stopped");
  }
  struct rte_eth_fp_ops& operations = rte_eth_fp_ops[id_];
  operations.rxq.data = queue_pointers_.data();
  operations.txq.data = queue_pointers_.data();
  operations.rx_pkt_burst = stopped_burst;
  operations.tx_pkt_burst = stopped_burst;
  state_.started = false;
  for (Queue& queue : queues_) {
    void* packet = nullptr;
    while (rte_ring_dequeue(queue.rx.get(), &packet) == 0) {
      rte_pktmbuf_free(static_cast<rte_mbuf*>(packet));
    }
  }
  return 0;
}

int FakeEna::reset() {
  static_cast<void>(rte_eth_dev_stop(id_));
  if (const auto error = failure(FakeEnaCall::kReset)) {
    return *error;
  }
  const std::lock_guard lock(mutex_);
  state_ = FakeEnaState{};
  ++resets_;
  return 0;
}

rte_eth_link FakeEna::link() const {
  const std::lock_guard lock(mutex_);
  rte_eth_link link{};
  link.link_duplex = RTE_ETH_LINK_FULL_DUPLEX;
  link.link_speed = RTE_ETH_SPEED_NUM_NONE;
  link.link_status =
      link_up_ && state_.link_interrupt && state_.started ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN;
  return link;
}

MacAddress FakeEna::mac() const {
  const std::lock_guard lock(mutex_);
  return mac_;
}

void FakeEna::set_mac(const MacAddress& mac) {
  const std::lock_guard lock(mutex_);
  mac_ = mac;
}

void FakeEna::set_link(bool up) {
  bool tell = false;
  {
    const std::lock_guard lock(mutex_);
    tell = std::exchange(link_up_, up) != up && state_.link_interrupt;
  }
  if (tell) {
    raise(RTE_ETH_EVENT_INTR_LSC);
  }
}

void FakeEna::raise(rte_eth_event_type event) {
  std::vector<Callback> callbacks;
  {
    const std::lock_guard lock(mutex_);
    callbacks = callbacks_;
    ++raising_;
  }
  for (const Callback& callback : callbacks) {
    if (callback.event == event) {
      callback.function(id_, event, callback.argument, nullptr);
    }
  }
  const std::lock_guard lock(mutex_);
  --raising_;
}

int FakeEna::register_callback(rte_eth_event_type event, rte_eth_dev_cb_fn function,
                               void* argument) {
  const std::lock_guard lock(mutex_);
  callbacks_.push_back({event, function, argument});
  return 0;
}

int FakeEna::unregister_callback(rte_eth_event_type event, rte_eth_dev_cb_fn function,
                                 void* argument) {
  const std::lock_guard lock(mutex_);
  if (raising_ > 0) {
    return -EAGAIN;
  }
  std::erase(callbacks_, Callback{event, function, argument});
  return 0;
}

void FakeEna::fail(FakeEnaCall call, int error, unsigned times) {
  const std::lock_guard lock(mutex_);
  failures_[static_cast<std::size_t>(call)] = {error, times};
}

std::optional<int> FakeEna::failure(FakeEnaCall call) {
  const std::lock_guard lock(mutex_);
  Failure& failure = failures_[static_cast<std::size_t>(call)];
  if (failure.times == 0) {
    return std::nullopt;
  }
  --failure.times;
  return failure.error;
}

void FakeEna::set_counter(const std::string& name, std::uint64_t value) {
  const std::lock_guard lock(mutex_);
  counters_[name] = value;
}

std::vector<std::pair<std::string, std::uint64_t>> FakeEna::counters() {
  ++counter_reads_;
  const std::lock_guard lock(mutex_);
  return {counters_.begin(), counters_.end()};
}

// ------------------------------------------------------------------------------------------------
// Packets

bool FakeEna::receive(const Bytes& frame) {
  const std::uint16_t queues = state().queues;
  return queues > 0 && receive_at(ena_hashes(frame) ? rss_queue(frame, queues) : 0, frame);
}

bool FakeEna::receive_at(std::uint16_t queue, const Bytes& frame) {
  const std::lock_guard lock(mutex_);
  if (!state_.started || !link_up_ || frame.size() > state_.device_mtu + kEthernetBytes) {
    return false;
  }
  rte_mbuf* packet = make_received(queues_.at(queue), frame);
  if (packet == nullptr) {
    ++counters_["rx_mbuf_allocation_errors"];
    return false;
  }
  if (rte_ring_enqueue(queues_[queue].rx.get(), packet) != 0) {
    ++counters_["rx_missed_errors"];
    rte_pktmbuf_free(packet);
    return false;
  }
  return true;
}

/// In as many buffers as it takes; null if there are none.
rte_mbuf* FakeEna::make_received(const Queue& queue, const Bytes& frame) {
  rte_mbuf* head = nullptr;
  for (std::size_t at = 0; at < frame.size() || head == nullptr;) {
    rte_mbuf* segment = rte_pktmbuf_alloc(queue.pool);
    if (segment == nullptr) {
      rte_pktmbuf_free(head);
      return nullptr;
    }
    const auto length = static_cast<std::uint16_t>(
        std::min<std::size_t>(rte_pktmbuf_tailroom(segment), frame.size() - at));
    std::memcpy(rte_pktmbuf_append(segment, length), frame.data() + at, length);
    at += length;
    if (head == nullptr) {
      head = segment;
    } else {
      rte_pktmbuf_chain(head, segment);
    }
  }
  head->port = id_;
  set_received_flags(*head, frame);
  return head;
}

std::vector<Bytes> FakeEna::sent() {
  std::vector<Bytes> all;
  for (std::uint16_t queue = 0; queue < queues_.size(); ++queue) {
    std::ranges::move(sent(queue), std::back_inserter(all));
  }
  return all;
}

std::vector<Bytes> FakeEna::sent(std::uint16_t queue) {
  const std::lock_guard lock(mutex_);
  return std::exchange(queues_.at(queue).sent, {});
}

std::uint16_t FakeEna::stopped_burst(void* queue, rte_mbuf** /*packets*/, std::uint16_t /*count*/) {
  FakeEna& card = *static_cast<Queue*>(queue)->card;
  const std::lock_guard lock(card.mutex_);
  card.complaints_.push_back("a burst function of the stopped device was called");
  return 0;
}

std::uint16_t FakeEna::receive_burst(void* queue, rte_mbuf** packets, std::uint16_t count) {
  const Queue& from = *static_cast<Queue*>(queue);
  const Visit visit(*from.card);
  return static_cast<std::uint16_t>(
      rte_ring_dequeue_burst(from.rx.get(), reinterpret_cast<void**>(packets), count, nullptr));
}

std::uint16_t FakeEna::prepare_burst(void* queue, rte_mbuf** packets, std::uint16_t count) {
  FakeEna& card = *static_cast<Queue*>(queue)->card;
  const EnaOffload offload{card.state().tx_offloads, card.options_.partial_checksum};
  for (std::uint16_t i = 0; i < count; ++i) {
    if (const int error = prepare_packet(*packets[i], offload); error != 0) {
      rte_errno = error;
      return i;
    }
  }
  return count;
}

std::uint16_t FakeEna::transmit_burst(void* queue, rte_mbuf** packets, std::uint16_t count) {
  Queue& to = *static_cast<Queue*>(queue);
  FakeEna& card = *to.card;
  const Visit visit(card);
  const std::lock_guard lock(card.mutex_);
  const EnaOffload offload{card.state_.tx_offloads, card.options_.partial_checksum};
  const std::size_t room =
      card.options_.ring_capacity - std::min(card.options_.ring_capacity, to.sent.size());
  const auto taken = static_cast<std::uint16_t>(std::min<std::size_t>(count, room));
  for (std::uint16_t i = 0; i < taken; ++i) {
    Bytes frame = transmit_packet(*packets[i], offload, card.complaints_);
    if (frame.size() > card.state_.device_mtu + kEthernetBytes) {
      card.complaints_.push_back(fmt::format("a frame of {} bytes where the MTU is {}",
                                             frame.size(), card.state_.device_mtu));
    }
    if (card.link_up_) {
      to.sent.push_back(std::move(frame));
    }
    rte_pktmbuf_free(packets[i]);
  }
  return taken;
}

}  // namespace natto::test
