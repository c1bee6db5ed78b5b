// ICMP errors through the whole data plane: those that are translated, and those that natto makes.

#include <gtest/gtest.h>

#include <algorithm>

#include "eal/lab.hpp"
#include "packet/icmp_error.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_icmp;
using test::make_mapping;
using test::make_udp;
using test::PacketSpec;
using enum DropReason;

/// What b received from a, and quotes; and the same as a sent it, one hop older.
Bytes seen_by_b() {
  return make_udp({.source = "172.31.1.10", .destination = "192.168.7.20", .ttl = 60}, Bytes(20));
}
Bytes seen_by_a() {
  return make_udp({.source = "10.1.1.10", .destination = "172.30.7.20", .ttl = 60}, Bytes(20));
}

Bytes error_about(const Bytes& quote, const char* from, const char* to, std::uint8_t ttl = 64) {
  return test::make_icmp_error({.source = from, .destination = to, .ttl = ttl}, 3, quote);
}

/// The IPv4 packets that left towards `realm`.
std::vector<Bytes> sent_l3(Lab& lab, RealmId realm) {
  std::vector<Bytes> packets = lab.sent(realm);
  std::ranges::transform(packets, packets.begin(), test::l3_of);
  return packets;
}

void expect_one(Lab& lab, RealmId realm, const Bytes& l3) {
  const auto sent = sent_l3(lab, realm);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(test::same_bytes(l3, sent[0]));
}

TEST(IcmpErrors, R31_FromTheMappedHostItself) {
  Lab lab;
  lab.receive(kB, frame_of(error_about(seen_by_b(), "192.168.7.20", "172.31.1.10")));
  lab.run();
  expect_one(lab, kA, error_about(seen_by_a(), "172.30.7.20", "10.1.1.10", 63));
}

TEST(IcmpErrors, R32_FromARouterWithoutAMapping) {
  const std::pair<OuterSource, const char*> policies[] = {
      {OuterSource::kOwn, "10.1.0.1"}, {OuterSource::kMappedDestination, "172.30.7.20"}};
  for (const auto& [policy, source] : policies) {
    Lab lab({.icmp = {.rules = {.outer_source = policy}}});
    lab.receive(kB, frame_of(error_about(seen_by_b(), "192.168.99.1", "172.31.1.10")));
    lab.run();
    expect_one(lab, kA, error_about(seen_by_a(), source, "10.1.1.10", 63));
  }
  Lab lab({.icmp = {.rules = {.outer_source = OuterSource::kDrop}}});
  lab.receive(kB, frame_of(error_about(seen_by_b(), "192.168.99.1", "172.31.1.10")));
  lab.run();
  EXPECT_EQ(lab.dropped(kIcmpErrorSourceNotMapped), 1U);
}

TEST(IcmpErrors, R21_FromAnInvalidSource) {
  Lab lab;
  for (const char* source : {"127.0.0.1", "224.0.0.1", "192.168.255.255"}) {
    lab.receive(kB, frame_of(error_about(seen_by_b(), source, "172.31.1.10")));
  }
  lab.receive(kB, frame_of(error_about(seen_by_b(), "192.168.0.1", "172.31.1.10")));
  lab.run();
  EXPECT_EQ(lab.dropped(kSourceMartian), 3U);
  EXPECT_EQ(lab.dropped(kSourceIsOwnAddress), 1U);
}

TEST(IcmpErrors, R26_ABadChecksumStopsThem) {
  Bytes l3 = error_about(seen_by_b(), "192.168.7.20", "172.31.1.10");
  l3.back() ^= 1;
  Lab lab;
  lab.receive(kB, frame_of(l3));
  lab.receive(kB, test::make_mbuf(frame_of(l3), {33, 1, 20}));
  lab.run();
  EXPECT_EQ(lab.dropped(kIcmpChecksumBad), 2U);
}

TEST(IcmpErrors, R27_ABadQuotedChecksumPassesAndIsCountedOrStops) {
  Bytes before = seen_by_b();
  before[11] ^= 0x40;
  const Bytes l3 = error_about(before, "192.168.7.20", "172.31.1.10");
  {
    Lab lab;
    lab.receive(kB, frame_of(l3));
    lab.run();
    const auto sent = sent_l3(lab, kA);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(test::reference_checksum(Bytes(sent[0].begin() + 20, sent[0].end())), 0)
        << "the error's own checksum covers the wrong one";
    EXPECT_NE(test::reference_checksum(Bytes(sent[0].begin() + 28, sent[0].begin() + 48)), 0)
        << "the quoted one stays wrong";
    EXPECT_EQ(lab.counters().quoted_checksum_bad, 1U);
  }
  Lab lab({.icmp = {.rules = {.inner_checksum_bad = InnerChecksumBad::kDrop}}});
  lab.receive(kB, frame_of(l3));
  lab.run();
  EXPECT_EQ(lab.dropped(kIcmpInnerChecksumBad), 1U);
}

TEST(IcmpErrors, R30_ExtensionsPassAsTheyAre) {
  const auto with_extension = [](Bytes quote) {
    quote.resize(128);
    const Bytes extension = test::from_hex("2000 dead 0008 0101 0001 2345");
    quote.insert(quote.end(), extension.begin(), extension.end());
    return quote;
  };
  const auto with_length = [](Bytes l3) {
    l3[25] = 32;
    test::write16(l3, 22, 0);
    test::write16(l3, 22, test::reference_checksum(Bytes(l3.begin() + 20, l3.end())));
    return l3;
  };
  Lab lab;
  lab.receive(kB, frame_of(with_length(
                      error_about(with_extension(seen_by_b()), "192.168.7.20", "172.31.1.10"))));
  lab.run();
  expect_one(lab, kA,
             with_length(error_about(with_extension(seen_by_a()), "172.30.7.20", "10.1.1.10", 63)));
}

TEST(IcmpErrors, R33_AboutUnmappedPacketsStopSilently) {
  Lab lab;
  lab.receive(kB, frame_of(error_about(
                      make_udp({.source = "172.31.1.10", .destination = "192.168.7.99"}, {}),
                      "192.168.7.20", "172.31.1.10")));
  lab.receive(kB, frame_of(error_about(
                      make_udp({.source = "172.31.1.99", .destination = "192.168.7.20"}, {}),
                      "192.168.7.20", "172.31.1.99")));
  lab.run();
  EXPECT_EQ(lab.dropped(kIcmpErrorNotMapped), 2U);
  EXPECT_EQ(lab.counters().generated, 0U);
}

TEST(IcmpErrors, R38_Hairpin) {
  Lab lab({.mappings = {make_mapping("one", kA, "10.1.1.10", "172.31.1.10"),
                        make_mapping("two", kA, "10.1.1.11", "172.31.1.11")}});
  const Bytes seen_by_two = make_udp({.source = "172.31.1.10", .destination = "10.1.1.11"}, {5});
  const Bytes seen_by_one = make_udp({.source = "10.1.1.10", .destination = "172.31.1.11"}, {5});
  lab.receive(kA, frame_of(error_about(seen_by_two, "10.1.1.11", "172.31.1.10")));
  lab.run();
  expect_one(lab, kA, error_about(seen_by_one, "172.31.1.11", "10.1.1.10", 63));
}

TEST(IcmpErrors, H14_SplitAtEveryOffset) {
  const Bytes before = frame_of(error_about(seen_by_b(), "192.168.99.1", "172.31.1.10"));
  const Bytes after = error_about(seen_by_a(), "10.1.0.1", "10.1.1.10", 63);
  for (std::size_t cut = 1; cut < before.size(); ++cut) {
    Lab lab;
    lab.receive(kB, test::make_mbuf(before, {cut}));
    lab.run();
    expect_one(lab, kA, after);
  }
  Lab lab;
  lab.receive(kB, test::make_mbuf(before, std::vector<std::size_t>(before.size(), 1)));
  lab.run();
  expect_one(lab, kA, after);
}

TEST(IcmpErrors, H12_ExpiringOnesGetNoReply) {
  Lab lab;
  lab.receive(kB, frame_of(error_about(seen_by_b(), "192.168.7.20", "172.31.1.10", 1)));
  lab.receive(kA,
              frame_of(test::make_packet({.ttl = 1, .fragment = 0x0005, .payload = Bytes(16)})));
  lab.run();
  EXPECT_EQ(lab.dropped(kTtlExpired), 2U);
  EXPECT_EQ(lab.counters().generated, 0U);
}

/// The error that natto sends about `packet` to its source, from its own address there.
Bytes natto_says(std::uint8_t type, std::uint8_t code, std::uint16_t mtu, const Bytes& packet,
                 const char* to = "10.1.1.10") {
  Bytes message = {type, code, 0, 0, 0, 0, 0, 0};
  test::write16(message, 6, mtu);
  message.insert(message.end(), packet.begin(),
                 packet.begin() + static_cast<long>(std::min<std::size_t>(packet.size(), 548)));
  test::write16(message, 2, test::reference_checksum(message));
  return test::make_packet({.source = "10.1.0.1",
                            .destination = to,
                            .protocol = 1,
                            .ttl = 64,
                            .tos = 0xc0,
                            .identification = 0,
                            .fragment = 0x4000,
                            .payload = message});
}

TEST(MadeErrors, R14_R20_TimeExceededQuotesThePacketAsItCame) {
  const Bytes packet = make_udp({.ttl = 1}, Bytes(100, 0x33));
  Bytes frame = frame_of(packet);
  frame.resize(frame.size() + 10, 0xee);  // H5: padding is never quoted
  Lab lab;
  lab.receive(kA, frame);
  lab.run();
  const auto sent = lab.sent(kA);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(test::same_bytes(natto_says(11, 0, 0, packet), test::l3_of(sent[0])));
  EXPECT_EQ(Bytes(sent[0].begin(), sent[0].begin() + 6), test::from_hex("020000000002"))
      << "back to where it came from";
  EXPECT_EQ(lab.counters().generated, 1U);
}

TEST(MadeErrors, R15_FragmentationNeededToThePreNatSource) {
  Lab lab({.mtu = 700});
  const Bytes packet = make_udp({}, Bytes(800, 0x44));
  lab.receive(kA, frame_of(packet));
  lab.receive(kA, test::make_mbuf(frame_of(packet), {40, 200, 300}));
  lab.run();
  const auto sent = sent_l3(lab, kA);
  ASSERT_EQ(sent.size(), 2U);
  for (const Bytes& l3 : sent) {
    EXPECT_TRUE(test::same_bytes(natto_says(3, 4, 700, packet), l3));
  }
  EXPECT_EQ(lab.dropped(kExceedsMtu), 2U);
}

TEST(MadeErrors, R24_UnmappedSourcesAreTold) {
  Lab lab;
  const Bytes packet = make_udp({.source = "10.1.1.99"}, {});
  lab.receive(kA, frame_of(packet));
  lab.run();
  expect_one(lab, kA, natto_says(3, 13, 0, packet, "10.1.1.99"));
}

TEST(MadeErrors, R18_OthersAreNot) {
  Lab lab;
  for (const char* source :
       {"127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "10.1.255.255", "10.1.0.1"}) {
    lab.receive(kA, frame_of(make_udp({.source = source, .ttl = 1}, {})));
  }
  lab.receive(kA, frame_of(make_udp({.source = "10.1.1.99", .destination = "224.0.0.5"}, {})));
  lab.receive(kA, frame_of(make_udp({.source = "10.1.1.99", .destination = "10.1.255.255"}, {})));
  lab.receive(kA, frame_of(make_udp({.destination = "172.30.7.99"}, {})));
  Bytes damaged = make_udp({.ttl = 1}, {});
  damaged[10] ^= 1;
  lab.receive(kA, frame_of(damaged));
  Bytes group = frame_of(make_udp({.ttl = 1}, {}));
  group[0] = 0x01;
  lab.receive(kA, group);
  lab.run();
  EXPECT_EQ(lab.counters().generated, 0U);
}

TEST(MadeErrors, R19_AreLimited) {
  Lab lab({.icmp = {.errors_per_second = 1, .error_burst = 5}});
  for (int i = 0; i < 500; ++i) {
    lab.receive(kA, frame_of(make_udp({.ttl = 1}, {})));
    lab.receive(kB,
                frame_of(make_udp({.source = "192.168.7.20", .destination = "172.31.1.10"}, {})));
  }
  lab.run();
  EXPECT_EQ(lab.dropped(kTtlExpired), 500U);
  EXPECT_GE(lab.counters().generated, 5U);
  EXPECT_LE(lab.counters().generated, 7U);
  EXPECT_EQ(lab.counters().translated, 500U) << "good traffic does not notice";
}

TEST(MadeErrors, R19_ZeroIsNone) {
  Lab lab({.icmp = {.errors_per_second = 0}});
  lab.receive(kA, frame_of(make_udp({.ttl = 1}, {})));
  lab.run();
  EXPECT_EQ(lab.counters().generated, 0U);
}

}  // namespace
}  // namespace natto
