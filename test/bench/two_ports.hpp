#pragma once

// natto between two ring devices: a burst goes in at one, through a whole poll, and out at the
// other.

#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "control/control.hpp"
#include "dataplane/pipeline.hpp"
#include "dataplane/tap.hpp"
#include "dpdk/mempool.hpp"
#include "dpdk/ring.hpp"
#include "support/bytes.hpp"
#include "table/mapping.hpp"

namespace natto::bench {

class TwoPorts {
 public:
  explicit TwoPorts(const MappingTable& table) {
    Config config;
    config.ports.resize(2);
    config.ports[0].address = parse_ipv4_prefix("10.1.0.1/16").value();
    config.ports[1].address = parse_ipv4_prefix("192.168.0.1/16").value();
    std::vector<PortContext> ports;
    for (RealmId realm = 0; realm < 2; ++realm) {
      config.ports[realm].gateway_mac = MacAddress{{2, 0, 0, 0, 0, realm}};
      const PortDevice device{.id = make_device(realm), .mac = {{2, 0, 0, 0, 1, realm}}};
      ports.push_back(make_port_context(config.ports[realm], realm, device, true));
    }
    NextHopTable next_hops = initial_next_hops(ports, neighbourhoods_of(config));
    dataplane_ =
        make_dataplane(std::move(ports), std::move(next_hops),
                       TranslationTable::build(table, 1, 1).value(), config.icmp, {pool_.get()})
            .value();
    pipeline_.emplace(*dataplane_, std::uint16_t{0});
  }

  /// kBurst times `frame` from the first port to the second.
  void forward(const test::Bytes& frame) {
    std::array<void*, kBurst> burst;
    for (void*& packet : burst) {
      rte_mbuf* mbuf = rte_pktmbuf_alloc(pool_.get());
      std::ranges::copy(frame, rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())));
      packet = mbuf;
    }
    rte_ring_enqueue_bulk(rx_[0].get(), burst.data(), kBurst, nullptr);
    pipeline_->poll();
    const unsigned sent = rte_ring_dequeue_burst(tx_[1].get(), burst.data(), kBurst, nullptr);
    rte_pktmbuf_free_bulk(reinterpret_cast<rte_mbuf**>(burst.data()), sent);
    forwarded_ += sent;
    if (taps_ != nullptr) {
      CopyRing& copies = taps_->tap(0)->ring();
      while (!copies.front().empty()) {
        copies.pop();
      }
    }
  }

  /// From now on, until `order` is another one.
  void capture(CaptureOrder order) {
    taps_ = std::make_shared<const CaptureTaps>(std::move(order), 2, std::size_t{1} << 16U);
    dataplane_->capture.publish(taps_, dataplane_->quiescence);
  }

  [[nodiscard]] std::uint64_t forwarded() const { return forwarded_; }

 private:
  std::uint16_t make_device(RealmId realm) {
    static unsigned devices = 0;
    const std::string name = "bench" + std::to_string(devices++);
    rx_[realm] = create_ring(name + "rx", 1024).value();
    tx_[realm] = create_ring(name + "tx", 1024).value();
    rte_ring* rx = rx_[realm].get();
    rte_ring* tx = tx_[realm].get();
    const auto device =
        static_cast<std::uint16_t>(rte_eth_from_rings(name.c_str(), &rx, 1, &tx, 1, 0));
    const rte_eth_conf conf{};
    rte_eth_dev_configure(device, 1, 1, &conf);
    rte_eth_rx_queue_setup(device, 0, 128, 0, nullptr, pool_.get());
    rte_eth_tx_queue_setup(device, 0, 128, 0, nullptr);
    rte_eth_dev_start(device);
    return device;
  }

  Mempool pool_ = create_mempool("two_ports", 4095).value();
  std::array<Ring, 2> rx_;
  std::array<Ring, 2> tx_;
  std::unique_ptr<Dataplane> dataplane_;
  std::optional<Pipeline> pipeline_;
  std::shared_ptr<const CaptureTaps> taps_;
  std::uint64_t forwarded_ = 0;
};

}  // namespace natto::bench
