// Random packets through the fast path and through the slow path: what the fast path takes, the
// slow path treats alike, to the byte and to the count.

#include "dataplane/fast_path.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>

#include "dataplane/slow_path.hpp"
#include "dataplane/transmit.hpp"
#include "eal/lab.hpp"
#include "packet/header_words.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::kA;
using test::kB;
using test::Lab;

/// Packets of all kinds, most of them nearly plain.
class RandomPackets {
 public:
  explicit RandomPackets(std::uint32_t seed) : random_(seed) {}

  [[nodiscard]] std::uint32_t below(std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random_);
  }

  [[nodiscard]] Bytes next() {
    static constexpr std::array kSources = {"10.1.1.10", "10.1.1.11", "10.1.9.9", "172.31.1.10",
                                            "172.30.7.20"};
    static constexpr std::array kDestinations = {"172.30.7.20", "172.31.1.11", "172.30.8.255",
                                                 "172.30.8.9",  "172.30.9.9",  "10.1.255.255",
                                                 "10.1.0.1"};
    test::PacketSpec spec{
        .source = kSources[often_first(kSources.size())],
        .destination = kDestinations[below(kDestinations.size())],
        .ttl = static_cast<std::uint8_t>(below(20) == 0 ? below(3) : 64),
        .tos = static_cast<std::uint8_t>(below(256)),
        .fragment = std::array<std::uint16_t, 8>{0x4000, 0, 0x2000, 0x2010, 0x0010, 0x2001, 0x0001,
                                                 0x8000}[often_first(8)]};
    if (below(20) == 0) {
      spec.options = Bytes{1, 1, 1, 0};
    }
    const Bytes data(below(10) == 0 ? 1400 + below(120) : below(100), 7);
    Bytes l3;
    switch (below(5)) {
      case 0:
        l3 = tcp(spec, data);
        break;
      case 1:
        spec.protocol = std::array<std::uint8_t, 3>{47, 132, 51}[below(3)];
        spec.payload = data;
        l3 = test::make_packet(spec);
        break;
      case 2:
        l3 = test::make_icmp(spec, below(2) == 0 ? 8 : 0, Bytes(4 + below(60)));
        break;
      default:
        l3 = test::make_udp(spec, data);
    }
    if (below(10) == 0) {
      l3[below(static_cast<std::uint32_t>(l3.size()))] ^= static_cast<std::uint8_t>(1 + below(255));
    }
    Bytes frame = test::frame_of(l3);
    frame.resize(frame.size() + (below(4) == 0 ? below(20) : 0));
    if (below(40) == 0) {
      frame.resize(below(42));
    }
    return frame;
  }

 private:
  /// With options, of which the header holds all, some or none.
  Bytes tcp(const test::PacketSpec& spec, const Bytes& data) {
    static const std::array kOptions = {"02040578", "0204230501010101", "0102042305000000",
                                        "080affffffffffffffff010102042305", "0203230502042305"};
    Bytes rest = test::from_hex(kOptions[below(kOptions.size())]);
    const std::size_t options = rest.size();
    rest.insert(rest.end(), data.begin(), data.end());
    Bytes l3 = test::make_tcp(spec, rest);
    const std::size_t header = l3.size() - rest.size() - 20;
    l3[header + 12] = static_cast<std::uint8_t>((5 + below(3) + options / 4) << 4);
    l3[header + 13] = std::array<std::uint8_t, 3>{0x02, 0x12, 0x10}[below(3)];
    test::write16(l3, header + 16, test::reference_transport_checksum(l3, 16));
    return l3;
  }

  std::uint32_t often_first(std::size_t size) {
    return below(4) != 0 ? 0 : below(static_cast<std::uint32_t>(size));
  }

  std::mt19937 random_;
};

Lab::Options two_workers(Hairpin hairpin, std::optional<std::uint16_t> tcp_mss_clamp) {
  Lab::Options options;
  options.mappings = {test::make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10"),
                      test::make_mapping("host-a2", kA, "10.1.1.11", "172.31.1.11"),
                      test::make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20"),
                      test::make_mapping("net-b", kB, "192.168.255.0/24", "172.30.8.0/24")};
  options.hairpin = hairpin;
  options.tcp_mss_clamp = tcp_mss_clamp;
  options.mtu = 1450;
  options.workers = 2;
  return options;
}

constexpr std::size_t kMappings = 4;  ///< of two_workers()

/// Beside those: so many addresses that their bits are kept by range (KeptBits).
Mapping wide_mapping() { return test::make_mapping("wide", kA, "10.1.8.0/21", "172.29.8.0/21"); }

/// One worker of the comparison. Packets come from realm a.
class Path {
 public:
  Path(Lab& lab, std::uint16_t index, const PolicyRules& policy)
      : lab_(lab),
        worker_(lab.dataplane(), index),
        rules_(policy.allow.size()),
        limits_(policy.limits.size()) {}

  [[nodiscard]] Worker& worker() { return worker_; }

  struct Arrival {
    Bytes frame;
    std::uint64_t ol_flags;
    bool is_shared;   ///< somebody else has the buffer, too
    std::size_t cut;  ///< bytes of the first of two buffers; 0: there is one
  };

  [[nodiscard]] Burst burst_of(const std::vector<Arrival>& arrivals) {
    worker_.begin_poll();
    worker_.counters.received.add(arrivals.size());
    Burst burst;
    burst.in = &lab_.dataplane().ports[kA];
    burst.size = static_cast<std::uint16_t>(arrivals.size());
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      const Arrival& arrival = arrivals[i];
      burst.packets[i] = arrival.cut != 0 ? test::make_mbuf(arrival.frame, {arrival.cut})
                                          : test::make_mbuf(arrival.frame);
      burst.packets[i]->ol_flags |= arrival.ol_flags;
      if (arrival.is_shared) {
        rte_mbuf_refcnt_update(burst.packets[i], 1);
        shared_.emplace_back(burst.packets[i], arrival.frame);
      }
    }
    return burst;
  }

  /// That nobody wrote to buffers that others have, too.
  void expect_others_keep_theirs() {
    for (const auto& [mbuf, frame] : shared_) {
      EXPECT_EQ(test::take_bytes(mbuf), frame);
    }
    shared_.clear();
  }

  void take_slow_path(Burst& burst) {
    burst.slow = PacketSet::first(burst.size);
    burst.leaving = PacketSet::first(burst.size);
    slow_path(burst, worker_);
  }

  /// What leaves when the burst is sent, by realm.
  [[nodiscard]] std::vector<std::vector<Bytes>> send(Burst& burst) {
    transmit(burst, worker_);
    return {lab_.sent_by_queue(kA)[worker_.index], lab_.sent_by_queue(kB)[worker_.index]};
  }

  [[nodiscard]] std::vector<std::uint64_t> counts() {
    worker_.cache.pending().flush_all();
    worker_.pairs.pending().flush_all();
    std::vector<std::uint64_t> all{worker_.counters.checksums_offloaded.value(),
                                   worker_.counters.translated.value()};
    const auto add = [&all](const DirectionCounters& of) {
      all.insert(all.end(), {of.packets.value(), of.bytes.value()});
    };
    for (std::size_t i = 0; i < kMappings; ++i) {
      add(worker_.mapping_counters[i].from);
      add(worker_.mapping_counters[i].to);
    }
    for (std::size_t i = 0; i < rules_; ++i) {
      const RuleCounters& of = worker_.table->rule_counters(worker_.index)[i];
      add(of.there);
      add(of.back);
      all.push_back(of.refused_openings.value());
    }
    for (std::size_t i = 0; i < limits_; ++i) {
      const LimitShare& of = worker_.table->limit_shares(worker_.index)[i];
      all.insert(all.end(), {of.passed_packets.value(), of.passed_bytes.value(),
                             of.over_packets.value(), of.over_bytes.value()});
    }
    for (const Counter& drops : worker_.counters.drops) {
      all.push_back(drops.value());
    }
    return all;
  }

 private:
  Lab& lab_;
  Worker worker_;
  std::size_t rules_;  ///< of the policy
  std::size_t limits_;
  std::vector<std::pair<rte_mbuf*, Bytes>> shared_;
};

/// What the fast path took, by what it is: of those packets that are looked at together.
struct Taken {
  std::size_t all = 0;
  std::size_t alone = 0;  ///< at the end of a burst, too few to be looked at together
  std::size_t icmp = 0;
  std::size_t first_fragments = 0;
  std::size_t later_fragments = 0;

  void add(const Bytes& frame, bool is_alone) {
    if (is_alone) {
      ++alone;
      return;
    }
    const auto& ip = header_at<Ipv4Header>(std::span(frame), kIpv4Offset);
    ++all;
    icmp += ip.protocol == protocol::kIcmp ? 1U : 0U;
    later_fragments += ip.fragment_offset() != 0 ? 1U : 0U;
    first_fragments += ip.fragment_offset() == 0 && ip.more_fragments() ? 1U : 0U;
  }
};

void compare(bool offload, Hairpin hairpin = Hairpin::kAllow,
             std::optional<std::uint16_t> tcp_mss_clamp = std::nullopt, PolicyRules rules = {},
             bool by_range = false) {
  Lab::Options options = two_workers(hairpin, tcp_mss_clamp);
  options.rules = std::move(rules);
  if (by_range) {
    options.mappings.push_back(wide_mapping());
  }
  Lab lab(options);
  for (PortContext& port : lab.dataplane().ports) {
    port.computes_checksums = offload;
  }
  Path fast(lab, 0, options.rules);
  Path slow(lab, 1, options.rules);
  const auto nobody = TranslationTable::build(MappingTable{}, 2, UINT64_MAX).value();
  RandomPackets packets(11);
  Taken taken;
  std::size_t left = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::vector<Path::Arrival> arrivals(packets.below(4) == 0 ? 1 : 1 + packets.below(kBurst));
    for (auto& [frame, ol_flags, is_shared, cut] : arrivals) {
      frame = packets.next();
      ol_flags =
          packets.below(2) == 0 ? RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD : 0;
      const auto size = static_cast<std::uint32_t>(frame.size());
      is_shared = packets.below(20) == 0;
      cut = !is_shared && size > 1 && packets.below(20) == 0 ? 1 + packets.below(size - 1) : 0;
    }
    Burst by_fast = fast.burst_of(arrivals);
    fast_path(by_fast, fast.worker());
    const PacketSet not_taken = by_fast.slow;
    left += not_taken.size();
    PacketSet::first(arrivals.size()).without(not_taken).for_each([&](std::size_t j) {
      taken.add(arrivals[j].frame, j >= arrivals.size() / kNativeLanes * kNativeLanes);
      EXPECT_TRUE(!arrivals[j].is_shared && arrivals[j].cut == 0);
    });
    slow_path(by_fast, fast.worker());    // and the cache fills
    slow.worker().cache.use(*nobody, 1);  // it knows nothing
    Burst by_slow = slow.burst_of(arrivals);
    slow.take_slow_path(by_slow);
    ASSERT_EQ(by_slow.leaving, by_fast.leaving) << i;
    ASSERT_EQ(by_slow.oversized, by_fast.oversized) << i;
    by_slow.leaving.for_each([&](std::size_t j) {
      const std::string which = (not_taken.contains(j) ? "left " : "taken ") + std::to_string(j) +
                                ' ' + test::to_hex(arrivals[j].frame);
      EXPECT_EQ(by_slow.out[j], by_fast.out[j]) << which;
      EXPECT_EQ(by_slow.packets[j]->ol_flags, by_fast.packets[j]->ol_flags) << which;
      EXPECT_EQ(by_slow.packets[j]->packet_type, by_fast.packets[j]->packet_type) << which;
    });
    ASSERT_EQ(slow.send(by_slow), fast.send(by_fast)) << i;
    fast.expect_others_keep_theirs();
    slow.expect_others_keep_theirs();
    ASSERT_FALSE(testing::Test::HasFailure());
    lab.run();  // control takes what was punted
    static_cast<void>(lab.sent(kA));
    static_cast<void>(lab.sent(kB));
  }
  EXPECT_EQ(slow.counts(), fast.counts());
  EXPECT_EQ(fast.worker().table->kept_bits().are_same_for_all(), !by_range);
  EXPECT_GT(taken.all, 5'000U);
  EXPECT_GT(taken.alone, 1'000U);
  EXPECT_GT(taken.icmp, 100U);
  const bool by_address = !fast.worker().asks_pairs(lab.dataplane().ports[kA]);
  EXPECT_EQ(by_address, taken.first_fragments > 100U);
  EXPECT_EQ(by_address, taken.later_fragments > 100U);
  EXPECT_TRUE(by_address || taken.first_fragments + taken.later_fragments == 0);
  EXPECT_GT(left, 5'000U);
  EXPECT_EQ(offload, fast.worker().counters.checksums_offloaded.value() > 0);
}

TEST(FastPath, R1_R2_R14_RandomPacketsFareAsOnTheSlowPath) { compare(/*offload=*/false); }

TEST(FastPath, R1_R2_RandomPacketsBetweenHostsAndAWidePrefix) {
  compare(/*offload=*/false, Hairpin::kAllow, std::nullopt, {}, /*by_range=*/true);
}

TEST(FastPath, R38_RandomPacketsWhereHairpinsAreDropped) {
  compare(/*offload=*/false, Hairpin::kDrop);
}

TEST(FastPath, R3_RandomPacketsWhoseChecksumsThePortComputes) { compare(/*offload=*/true); }

TEST(FastPath, R41_RandomPacketsWhereTheMssIsClamped) {
  compare(/*offload=*/false, Hairpin::kAllow, 1300);
  compare(/*offload=*/true, Hairpin::kAllow, 1300);
}

TEST(FastPath, P1_P2_P3_RandomPacketsUnderAPolicy) {
  const std::vector<Mapping> mappings = two_workers(Hairpin::kAllow, std::nullopt).mappings;
  const Endpoint a = test::endpoint_of(mappings[0]);
  const Endpoint b = test::endpoint_of(mappings[2]);
  Endpoint part = test::endpoint_of(mappings[3]);
  part.kind = Endpoint::Kind::kPrefix;
  part.prefix = {part.prefix.first(), 28};
  PolicyRules rules{.denies = true};
  rules.allow = {{.name = "web", .from = {a}, .to = {b}, .protocols = {6}, .ports = {{443, 443}}},
                 {.name = "asked", .from = {b}, .to = {a}, .protocols = {6, 17}},
                 {.name = "gre", .from = {a}, .to = {b}, .between = true, .protocols = {47}},
                 {.name = "ping", .from = {b}, .to = {a}, .protocols = {1}},
                 {.name = "part", .from = {a}, .to = {part}}};
  compare(/*offload=*/false, Hairpin::kAllow, std::nullopt, rules);
  rules.answers = false;
  rules.allow.resize(1);
  compare(/*offload=*/true, Hairpin::kDrop, 1300, rules, /*by_range=*/true);
}

TEST(FastPath, P10_RandomPacketsUnderALimitThatAllKeep) {
  const std::vector<Mapping> mappings = two_workers(Hairpin::kAllow, std::nullopt).mappings;
  const PolicyRules rules{.limits = {{.name = "a",
                                      .from = {test::endpoint_of(mappings[0])},
                                      .packets_per_second = 1'000'000'000'000}}};
  compare(/*offload=*/false, Hairpin::kAllow, std::nullopt, rules);
}

}  // namespace
}  // namespace natto
