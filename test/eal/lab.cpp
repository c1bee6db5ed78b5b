#include "eal/lab.hpp"

#include <fmt/format.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <bit>

namespace natto::test {
namespace {

Config make_config(const Lab::Options& options) {
  PortConfig port;
  port.mtu = options.mtu;
  port.source_not_mapped = options.source_not_mapped;
  port.hairpin = options.hairpin;
  Config config;
  config.icmp = options.icmp;
  config.ports = {port, port};
  config.ports[kB].tcp_mss_clamp = options.tcp_mss_clamp;
  config.ports[kA].kernel_interface = options.kernel_interface;
  config.ports[kA].address = parse_ipv4_prefix("10.1.0.1/16").value();
  config.ports[kB].address = parse_ipv4_prefix("192.168.0.1/16").value();
  if (options.static_next_hops) {
    config.ports[kA].gateway_mac = kNextHopA;
    config.ports[kB].gateway_mac = kNextHopB;
  } else {
    config.ports[kA].gateway = Ipv4Address::of(10, 1, 0, 254);
    config.ports[kB].gateway = Ipv4Address::of(192, 168, 0, 254);
  }
  return config;
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

std::shared_ptr<const LoadedTable> make_version(std::uint64_t number, std::vector<Mapping> mappings,
                                                std::string digest, PolicyRules rules) {
  auto table =
      std::make_shared<const MappingTable>(make_table(std::move(mappings), std::move(rules)));
  return std::make_shared<const LoadedTable>(
      LoadedTable{.table = table,
                  .translations = TranslationTable::build(*table, 1, number).value(),
                  .digest = std::move(digest),
                  .trigger = "start",
                  .who = "",
                  .loaded = std::chrono::system_clock::now()});
}

MappingTable make_table(std::vector<Mapping> mappings, PolicyRules rules) {
  MappingTable table{.mappings = std::move(mappings)};
  table.rules = std::move(rules);
  table.compiled = compile_policy(table, 2);
  return table;
}

Endpoint endpoint_of(const Mapping& mapping) {
  return {.kind = Endpoint::Kind::kMapping,
          .realm = mapping.realm,
          .prefix = mapping.real,
          .name = mapping.name};
}

void start_with(Dataplane& dataplane, const LoadedTable& version) {
  dataplane.table.publish(version.translations, dataplane.quiescence);
  dataplane.table.reclaim(dataplane.quiescence);
}

Lab::Link Lab::make_link(std::size_t queues, unsigned tx_capacity) {
  static unsigned serial = 0;
  const std::string name = fmt::format("lab{}", serial++);
  Link link{};
  std::vector<rte_ring*> rx;
  std::vector<rte_ring*> tx;
  for (std::size_t queue = 0; queue < queues; ++queue) {
    link.rx.push_back(create_ring(fmt::format("{}rx{}", name, queue), 1024).value());
    link.tx.push_back(
        create_ring(fmt::format("{}tx{}", name, queue), std::bit_ceil(tx_capacity + 1)).value());
    rx.push_back(link.rx.back().get());
    tx.push_back(link.tx.back().get());
  }
  const auto count = static_cast<std::uint16_t>(queues);
  const int device = rte_eth_from_rings(name.c_str(), rx.data(), count, tx.data(), count, 0);
  EXPECT_GE(device, 0);
  link.device = static_cast<std::uint16_t>(device);
  const rte_eth_conf conf{};
  EXPECT_EQ(rte_eth_dev_configure(link.device, count, count, &conf), 0);
  for (std::uint16_t queue = 0; queue < count; ++queue) {
    EXPECT_EQ(rte_eth_rx_queue_setup(link.device, queue, 128, 0, nullptr, shared_pool()), 0);
    EXPECT_EQ(rte_eth_tx_queue_setup(link.device, queue, 128, 0, nullptr), 0);
  }
  EXPECT_EQ(rte_eth_dev_start(link.device), 0);
  return link;
}

Lab::Lab(const Options& options)
    : Lab(make_config(options), make_table(options.mappings, options.rules), options) {}

Lab::Lab(const Config& config, const MappingTable& table, const Options& options) {
  std::vector<PortContext> ports;
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const auto realm = static_cast<RealmId>(i);
    links_.push_back(make_link(options.workers, options.tx_capacity));
    ports.push_back(make_port_context(config.ports[i], realm,
                                      PortDevice{.id = links_.back().device,
                                                 .mac = {{2, 0, 0, 0, 1, realm}},
                                                 .software_rss = options.software_rss},
                                      true));
  }
  const auto neighbourhoods = neighbourhoods_of(config);
  NextHopTable next_hops = initial_next_hops(ports, neighbourhoods);
  dataplane_ = make_dataplane(std::move(ports), std::move(next_hops),
                              TranslationTable::build(table, options.workers, 1).value(),
                              config.icmp, std::vector(options.workers, shared_pool()))
                   .value();
  if (options.records_refusals) {
    dataplane_->refused_flows = std::vector<RefusedFlows>(options.workers);
  }
  for (std::uint16_t worker = 0; worker < options.workers; ++worker) {
    pipelines_.push_back(std::make_unique<Pipeline>(*dataplane_, worker));
  }
  control_.emplace(*dataplane_, neighbourhoods);
}

Lab::~Lab() {
  run();
  control_->finish(Instant::max() / 2);
  send_what_control_made();
  for (const PortContext& port : dataplane_->ports) {
    static_cast<void>(sent(port.realm));
  }
  const CounterSums sums = counters();
  EXPECT_EQ(sums.received, sums.translated + sums.consumed + sums.dropped()) << "F7: conservation";
  std::uint64_t transmitted = 0;
  for (const CounterSums::Port& port : sums.ports) {
    transmitted += port.transmitted;
  }
  EXPECT_EQ(transmitted, sums.translated - sums.fragmented + sums.fragments + sums.generated);
  control_.reset();
  pipelines_.clear();
  dataplane_.reset();
  for (const Link& link : links_) {
    rte_eth_dev_stop(link.device);
    rte_eth_dev_close(link.device);
  }
}

void Lab::forget_flows() {
  const auto other_table =
      TranslationTable::build(MappingTable{}, pipelines_.size(), UINT64_MAX).value();
  for (std::size_t worker = 0; worker < pipelines_.size(); ++worker) {
    dataplane_->translation_caches[worker].use(*other_table, worker);
    dataplane_->pair_caches[worker].use(*other_table, worker);
  }
}

void Lab::receive(RealmId realm, rte_mbuf* mbuf, std::size_t queue) {
  mbuf->port = links_[realm].device;
  ASSERT_EQ(rte_ring_enqueue(links_[realm].rx[queue].get(), mbuf), 0);
}

void Lab::run(Instant now) {
  std::size_t moved = 0;
  do {
    moved = 0;
    for (const auto& pipeline : pipelines_) {
      moved += pipeline->poll();
    }
    moved += control_->step(now);
  } while (moved > 0);
  send_what_control_made();
  for (const auto& pipeline : pipelines_) {
    pipeline->flush();
  }
}

void Lab::send_what_control_made() {
  pipeline().poll();
  for (const Ring& ring : dataplane_->rings.to_worker) {
    while (rte_ring_empty(ring.get()) == 0) {
      pipeline().poll();
    }
  }
}

std::vector<std::vector<Bytes>> Lab::sent_by_queue(RealmId realm) {
  std::vector<std::vector<Bytes>> frames;
  for (const Ring& ring : links_[realm].tx) {
    frames.emplace_back();
    void* entry = nullptr;
    while (rte_ring_dequeue(ring.get(), &entry) == 0) {
      frames.back().push_back(take_bytes(static_cast<rte_mbuf*>(entry)));
    }
  }
  return frames;
}

std::vector<Bytes> Lab::sent(RealmId realm) {
  std::vector<Bytes> frames;
  for (const std::vector<Bytes>& of_queue : sent_by_queue(realm)) {
    frames.insert(frames.end(), of_queue.begin(), of_queue.end());
  }
  return frames;
}

CounterSums Lab::counters() const { return sum(dataplane_->counters); }

std::uint64_t Lab::dropped(DropReason reason) const {
  return counters().drops[static_cast<std::size_t>(reason)];
}

const MacAddress& Lab::mac(RealmId realm) const { return dataplane_->ports[realm].filter.mac; }

}  // namespace natto::test
