#include "eal/lab.hpp"

#include <fmt/format.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <bit>

namespace natto::test {
namespace {

PortContext make_port(std::uint16_t device, RealmId realm, const Lab::Options& options) {
  return {.device = device,
          .realm = realm,
          .filter = {.mac = {{2, 0, 0, 0, 1, realm}}, .any_unicast_mac = true},
          .address = parse_ipv4_prefix(realm == kA ? "10.1.0.1/16" : "192.168.0.1/16").value(),
          .mtu = options.mtu,
          .source_not_mapped = options.source_not_mapped};
}

std::vector<PortNeighbourhood> make_neighbourhoods(bool static_next_hops) {
  if (static_next_hops) {
    return {{.gateway = {}, .static_mac = kNextHopA}, {.gateway = {}, .static_mac = kNextHopB}};
  }
  return {{.gateway = Ipv4Address::of(10, 1, 0, 254), .static_mac = {}},
          {.gateway = Ipv4Address::of(192, 168, 0, 254), .static_mac = {}}};
}

}  // namespace

rte_mbuf* make_mbuf(const Bytes& bytes, const std::vector<std::size_t>& cuts) {
  rte_mbuf* head = nullptr;
  std::size_t at = 0;
  const auto append = [&](std::size_t length) {
    rte_mbuf* segment = rte_pktmbuf_alloc(shared_pool());
    std::copy_n(bytes.begin() + static_cast<long>(at), length,
                rte_pktmbuf_append(segment, static_cast<std::uint16_t>(length)));
    at += length;
    if (head == nullptr) {
      head = segment;
    } else {
      rte_pktmbuf_chain(head, segment);
    }
  };
  for (const std::size_t length : cuts) {
    append(length);
  }
  constexpr std::size_t kBufferBytes = 2048;
  while (at < bytes.size() || head == nullptr) {
    append(std::min(bytes.size() - at, kBufferBytes));
  }
  return head;
}

Bytes take_bytes(rte_mbuf* mbuf) {
  Bytes bytes;
  for (const rte_mbuf* segment = mbuf; segment != nullptr; segment = segment->next) {
    const auto* data = rte_pktmbuf_mtod(segment, const std::uint8_t*);
    bytes.insert(bytes.end(), data, data + segment->data_len);
  }
  EXPECT_EQ(bytes.size(), mbuf->pkt_len);
  rte_mbuf_sanity_check(mbuf, 1);
  rte_pktmbuf_free(mbuf);
  return bytes;
}

Mapping make_mapping(std::string name, RealmId realm, const char* real, const char* mapped) {
  return {.name = std::move(name),
          .realm = realm,
          .real = parse_ipv4_prefix(real).value(),
          .mapped = parse_ipv4_prefix(mapped).value()};
}

Lab::Link Lab::make_link(unsigned tx_capacity) {
  static unsigned serial = 0;
  const std::string name = fmt::format("lab{}", serial++);
  Link link{.rx = create_ring(name + "rx", 1024).value(),
            .tx = create_ring(name + "tx", std::bit_ceil(tx_capacity + 1)).value(),
            .device = 0};
  rte_ring* rx = link.rx.get();
  rte_ring* tx = link.tx.get();
  const int device = rte_eth_from_rings(name.c_str(), &rx, 1, &tx, 1, 0);
  EXPECT_GE(device, 0);
  link.device = static_cast<std::uint16_t>(device);
  const rte_eth_conf conf{};
  EXPECT_EQ(rte_eth_dev_configure(link.device, 1, 1, &conf), 0);
  EXPECT_EQ(rte_eth_rx_queue_setup(link.device, 0, 128, 0, nullptr, shared_pool()), 0);
  EXPECT_EQ(rte_eth_tx_queue_setup(link.device, 0, 128, 0, nullptr), 0);
  EXPECT_EQ(rte_eth_dev_start(link.device), 0);
  return link;
}

Lab::Lab(const Options& options) {
  std::vector<PortContext> ports;
  for (const RealmId realm : {kA, kB}) {
    links_.push_back(make_link(options.tx_capacity));
    ports.push_back(make_port(links_.back().device, realm, options));
  }
  const auto neighbourhoods = make_neighbourhoods(options.static_next_hops);
  Rings rings{.to_control = create_ring("lab_to_control", 256).value(),
              .unresolved = create_ring("lab_unresolved", 256).value(),
              .to_answer = create_ring("lab_to_answer", 256).value(),
              .to_worker = {}};
  rings.to_worker.push_back(create_ring("lab_inject_a", 256).value());
  rings.to_worker.push_back(create_ring("lab_inject_b", 256).value());
  auto next_hops = std::make_unique<const NextHopTable>(initial_next_hops(ports, neighbourhoods));
  dataplane_.reset(new Dataplane{.ports = std::move(ports),
                                 .icmp = options.icmp,
                                 .pool = shared_pool(),
                                 .quiescence = Quiescence::create(1).value(),
                                 .generation = Published<Generation>(
                                     Generation::build(MappingTable{options.mappings}).value()),
                                 .next_hops = Published<NextHopTable>(std::move(next_hops)),
                                 .rings = std::move(rings),
                                 .counters = std::vector<Counters>(2)});
  pipeline_.emplace(*dataplane_, std::uint16_t{0});
  control_.emplace(*dataplane_, neighbourhoods);
}

Lab::~Lab() {
  run();
  control_->finish(Instant::max() / 2);
  pipeline_->poll();
  for (const RealmId realm : {kA, kB}) {
    static_cast<void>(sent(realm));
  }
  const CounterSums sums = counters();
  EXPECT_EQ(sums.received, sums.translated + sums.consumed + sums.dropped()) << "F7: conservation";
  control_.reset();
  pipeline_.reset();
  dataplane_.reset();
  for (const Link& link : links_) {
    rte_eth_dev_stop(link.device);
    rte_eth_dev_close(link.device);
  }
}

void Lab::receive(RealmId realm, rte_mbuf* mbuf) {
  mbuf->port = links_[realm].device;
  ASSERT_EQ(rte_ring_enqueue(links_[realm].rx.get(), mbuf), 0);
}

void Lab::run(Instant now) {
  std::size_t moved = 0;
  do {
    moved = pipeline_->poll();
    moved += control_->step(now);
  } while (moved > 0);
  pipeline_->poll();
}

std::vector<Bytes> Lab::sent(RealmId realm) {
  std::vector<Bytes> frames;
  void* entry = nullptr;
  while (rte_ring_dequeue(links_[realm].tx.get(), &entry) == 0) {
    frames.push_back(take_bytes(static_cast<rte_mbuf*>(entry)));
  }
  return frames;
}

CounterSums Lab::counters() const {
  CounterSums sums;
  for (const Counters& counters : dataplane_->counters) {
    sums += counters;
  }
  return sums;
}

std::uint64_t Lab::dropped(DropReason reason) const {
  return counters().drops[static_cast<std::size_t>(reason)];
}

const MacAddress& Lab::mac(RealmId realm) const { return dataplane_->ports[realm].filter.mac; }

}  // namespace natto::test
