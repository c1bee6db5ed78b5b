// The packet path on ENA cards that offload checksums and spread nothing but TCP and UDP.

#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include <memory>
#include <vector>

#include "eal/fake_ena.hpp"
#include "eal/lab.hpp"
#include "ports/port.hpp"
#include "ports/port_context.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::FakeEna;
using test::FakeEnaOptions;
using test::kA;
using test::kB;
using test::make_icmp;
using test::make_packet;
using test::make_tcp;
using test::make_udp;
using test::PacketSpec;

constexpr PacketSpec kToB = {.source = "10.1.1.10", .destination = "172.30.7.20"};
constexpr PacketSpec kAtB = {.source = "172.31.1.10", .destination = "192.168.7.20", .ttl = 63};

FakeEnaOptions card(RealmId realm, bool partial_checksum) {
  FakeEnaOptions options;
  options.partial_checksum = partial_checksum;
  options.mac.bytes[5] = realm;
  return options;
}

/// natto between two ENA cards, with `workers` workers.
class EnaPair {
 public:
  explicit EnaPair(std::uint16_t workers = 1, bool partial_checksum = false) {
    Config config;
    config.ports.resize(2);
    config.ports[kA].address = parse_ipv4_prefix("10.1.0.1/16").value();
    config.ports[kB].address = parse_ipv4_prefix("192.168.0.1/16").value();
    config.ports[kA].gateway_mac = test::kNextHopA;
    config.ports[kB].gateway_mac = test::kNextHopB;
    std::vector<PortContext> contexts;
    const std::vector<rte_mempool*> pools(workers, test::shared_pool());
    for (const RealmId realm : {kA, kB}) {
      cards_.push_back(std::make_unique<FakeEna>(card(realm, partial_checksum)));
      ports_.push_back(
          Port::open({.device = cards_[realm]->device(), .queues = workers, .pools = pools})
              .value());
      contexts.push_back(make_port_context(config.ports[realm], realm, ports_[realm], true));
    }
    const auto neighbourhoods = neighbourhoods_of(config);
    NextHopTable next_hops = initial_next_hops(contexts, neighbourhoods);
    const MappingTable table{{test::make_mapping("hosts-a", kA, "10.1.1.0/24", "172.31.1.0/24"),
                              test::make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20")}};
    dataplane_ =
        make_dataplane(std::move(contexts), std::move(next_hops),
                       TranslationTable::build(table, workers, 1).value(), config.icmp, pools)
            .value();
    for (std::uint16_t worker = 0; worker < workers; ++worker) {
      pipelines_.push_back(std::make_unique<Pipeline>(*dataplane_, worker));
    }
  }

  ~EnaPair() {
    for (const auto& card : cards_) {
      EXPECT_EQ(card->complaints(), std::vector<std::string>());
    }
  }

  [[nodiscard]] bool receive(const Bytes& l3) { return cards_[kA]->receive(test::frame_of(l3)); }

  void run() {
    for (int i = 0; i < 4; ++i) {
      for (const auto& pipeline : pipelines_) {
        while (pipeline->poll() > 0) {
        }
      }
    }
  }

  /// What B's wire saw, from the IPv4 header on.
  [[nodiscard]] std::vector<Bytes> sent() { return without_ethernet(cards_[kB]->sent()); }
  [[nodiscard]] std::vector<Bytes> sent(std::uint16_t queue) {
    return without_ethernet(cards_[kB]->sent(queue));
  }

  /// What becomes of `l3`, on the slow path and then on the fast path.
  void expect(const Bytes& l3, const Bytes& translated, bool offloaded) {
    for (const char* way : {"long", "short"}) {
      const std::uint64_t before = counters().checksums_offloaded;
      ASSERT_TRUE(receive(l3));
      run();
      const std::vector<Bytes> frames = sent();
      ASSERT_EQ(frames.size(), 1U) << way;
      EXPECT_TRUE(test::same_bytes(translated, frames[0])) << way;
      EXPECT_EQ(counters().checksums_offloaded - before, offloaded ? 1U : 0U) << way;
    }
  }

  [[nodiscard]] CounterSums counters() const { return sum(dataplane_->counters); }

 private:
  static std::vector<Bytes> without_ethernet(std::vector<Bytes> frames) {
    for (Bytes& frame : frames) {
      frame = test::l3_of(frame);
    }
    return frames;
  }

  std::vector<std::unique_ptr<FakeEna>> cards_;
  std::vector<Port> ports_;
  std::unique_ptr<Dataplane> dataplane_;
  std::vector<std::unique_ptr<Pipeline>> pipelines_;
};

PacketSpec with(PacketSpec spec, std::uint16_t fragment, std::uint8_t ttl_less = 0) {
  spec.fragment = fragment;
  spec.ttl = static_cast<std::uint8_t>(spec.ttl - ttl_less);
  return spec;
}

class EnaChecksums : public testing::TestWithParam<bool> {
 protected:
  EnaPair natto_{1, GetParam()};
};
INSTANTIATE_TEST_SUITE_P(FullAndPartial, EnaChecksums, testing::Bool());

TEST_P(EnaChecksums, TcpAndUdpAreTheHardwaresWithAndWithoutDf) {
  for (const std::uint16_t fragment : {std::uint16_t{0x4000}, std::uint16_t{0}}) {
    for (const std::size_t length : {0U, 1U, 31U, 1400U}) {
      const Bytes data(length, 0x5a);
      natto_.expect(make_tcp(with(kToB, fragment), data), make_tcp(with(kAtB, fragment), data),
                    true);
      natto_.expect(make_udp(with(kToB, fragment), data), make_udp(with(kAtB, fragment), data),
                    true);
    }
  }
}

TEST_P(EnaChecksums, R3_WhatTheReceiverDoesNotVouchForStaysWrong) {
  for (const std::size_t at : {26U, 36U}) {  // UDP's and TCP's
    Bytes in = at == 26 ? make_udp(kToB, Bytes(8, 1)) : make_tcp(kToB, Bytes(8, 1));
    Bytes out = at == 26 ? make_udp(kAtB, Bytes(8, 1)) : make_tcp(kAtB, Bytes(8, 1));
    // A payload byte changed on the way; the checksum did not.
    in.back() ^= 0x10;
    out.back() ^= 0x10;
    natto_.expect(in, out, false);
  }
}

TEST_P(EnaChecksums, R4_UdpWithoutAChecksumStaysSo) {
  Bytes in = make_udp(kToB, Bytes(8, 1));
  Bytes out = make_udp(kAtB, Bytes(8, 1));
  test::write16(in, 26, 0);
  test::write16(out, 26, 0);
  natto_.expect(in, out, false);
}

TEST_P(EnaChecksums, FragmentsIcmpAndOtherProtocolsStayIncremental) {
  const auto both = [&](auto make) { natto_.expect(make(kToB), make(kAtB), false); };
  both([](PacketSpec spec) { return make_icmp(spec, 8, test::from_hex("0001 0002")); });
  both([](PacketSpec spec) {
    spec.protocol = 50;
    spec.payload = Bytes(24, 1);
    return make_packet(spec);
  });
  both([](PacketSpec spec) {  // a later fragment of UDP
    spec.fragment = 0x0003;
    spec.payload = Bytes(24, 1);
    return make_packet(spec);
  });
}

TEST(EnaPorts, OptionsAreNoObstacle) {
  EnaPair natto;
  PacketSpec in = kToB;
  PacketSpec out = kAtB;
  in.options = out.options = test::from_hex("01010101");
  natto.expect(make_udp(in, Bytes(9, 2)), make_udp(out, Bytes(9, 2)), true);
}

TEST(EnaPorts, AFloodOfIcmpIsSpreadOverTheWorkersInOrder) {
  constexpr std::uint16_t kWorkers = 4;
  constexpr std::uint16_t kRounds = 8;
  EnaPair natto(kWorkers);
  for (std::uint16_t round = 0; round < kRounds; ++round) {
    for (int i = 0; i < 64; ++i) {
      const std::string source = "10.1.1." + std::to_string(i);
      PacketSpec spec = kToB;
      spec.source = source;
      spec.identification = round;
      ASSERT_TRUE(natto.receive(make_icmp(spec, 8, Bytes(4))));
    }
    natto.run();
  }
  std::size_t all = 0;
  for (std::uint16_t queue = 0; queue < kWorkers; ++queue) {
    const std::vector<Bytes> packets = natto.sent(queue);
    EXPECT_GT(packets.size(), kRounds * 64U / kWorkers / 3);
    std::vector<std::uint16_t> next(256);
    for (const Bytes& packet : packets) {
      EXPECT_EQ(test::read16(packet, 4), next[packet[15]]++);
    }
    all += packets.size();
  }
  EXPECT_EQ(all, kRounds * 64U);
}

}  // namespace
}  // namespace natto
