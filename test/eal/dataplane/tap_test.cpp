#include "dataplane/tap.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "eal/lab.hpp"
#include "support/compiled_filter.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_icmp;
using test::make_mbuf;
using test::make_tcp;
using test::make_udp;

struct Copy {
  CopiedPacket packet;
  Bytes in;
  Bytes out;
};

/// A capture in a lab.
class Capturing {
 public:
  Capturing(Lab& lab, CaptureOrder order, std::size_t ring_bytes = 1U << 20U)
      : lab_(lab), taps_(std::make_shared<CaptureTaps>(std::move(order), 2, ring_bytes)) {
    publish(taps_);
  }
  ~Capturing() { publish(std::make_shared<const CaptureTaps>()); }

  std::vector<Copy> copies(std::size_t thread = 0) {
    std::vector<Copy> copies;
    CopyRing& ring = taps_->tap(thread)->ring();
    for (auto record = ring.front(); !record.empty(); record = ring.front()) {
      const CopiedPacketView view = CopiedPacketView::of(record);
      copies.push_back({view.packet, Bytes(view.in.begin(), view.in.end()),
                        Bytes(view.out.begin(), view.out.end())});
      ring.pop();
    }
    return copies;
  }
  Tap& tap(std::size_t thread = 0) { return *taps_->tap(thread); }

 private:
  void publish(std::shared_ptr<const CaptureTaps> taps) {
    lab_.dataplane().capture.publish(std::move(taps), lab_.dataplane().quiescence);
  }
  Lab& lab_;
  std::shared_ptr<const CaptureTaps> taps_;
};

CaptureOrder order_of(const char* filter) {
  const auto program = test::compiled(filter);
  CaptureOrder order;
  if (!program.empty()) {
    order.filter = PacketFilter::load(program).value();
  }
  order.conditions = necessary_conditions(program);
  return order;
}

Bytes padded(Bytes frame) {
  frame.resize(std::max<std::size_t>(frame.size(), 60), 0xee);
  return frame;
}

Bytes to_natto(Lab& lab, RealmId realm, const Bytes& packet) {
  Bytes frame = frame_of(packet);
  std::copy_n(lab.mac(realm).bytes.begin(), 6, frame.begin());
  return frame;
}

std::size_t copied_by(const char* filter, const std::vector<Bytes>& packets) {
  Lab lab;
  Capturing capturing(lab, order_of(filter));
  for (const Bytes& packet : packets) {
    lab.receive(kA, padded(to_natto(lab, kA, packet)));
  }
  lab.run();
  return capturing.copies().size();
}

TEST(Tap, CopiesAPacketAsItCameAndAsItLeaves) {
  Lab lab;
  Capturing capturing(lab, order_of(""));
  const std::vector<Bytes> frames = {
      padded(to_natto(lab, kA, make_udp({}, Bytes(1)))),  // with padding
      to_natto(lab, kA, make_udp({}, Bytes(700, 'u'))),   // longer than what is kept
      to_natto(lab, kA, make_tcp({}, Bytes(300, 't'))),   // a SYN
      to_natto(lab, kA, make_udp({.options = Bytes(40, 1)}, Bytes(300, 'o')))};
  for (int round = 0; round < 2; ++round) {  // by the slow path, then by the fast one
    for (const Bytes& frame : frames) {
      lab.receive(kA, frame);
    }
    lab.run();
    const auto sent = lab.sent(kB);
    const auto copies = capturing.copies();
    ASSERT_EQ(copies.size(), frames.size());
    ASSERT_EQ(sent.size(), frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(copies[i].in, frames[i]);
      EXPECT_EQ(copies[i].out, sent[i]);
      const CopiedPacket& packet = copies[i].packet;
      EXPECT_EQ(packet.fate, Fate::kSent);
      EXPECT_EQ(packet.in.realm, kA);
      EXPECT_EQ(packet.out.realm, kB);
      EXPECT_EQ(packet.in.length, frames[i].size());
      EXPECT_EQ(packet.out.length, sent[i].size());
      EXPECT_EQ(packet.version, 1U);
    }
  }
}

TEST(Tap, BuffersMayBeCutAnywhere) {
  Lab lab;
  Capturing capturing(lab, order_of("udp[300] = 0x75"));
  const Bytes frame = to_natto(lab, kA, make_udp({}, Bytes(900, 'u')));
  for (const std::size_t cut : {1U, 14U, 30U, 59U, 60U, 61U, 162U, 500U}) {
    lab.receive(kA, make_mbuf(frame, {cut}));
    lab.run();
    const auto copies = capturing.copies();
    ASSERT_EQ(copies.size(), 1U) << cut;
    EXPECT_EQ(copies[0].in, frame) << cut;
    EXPECT_EQ(copies[0].out, lab.sent(kB).at(0)) << cut;
  }
}

TEST(Tap, TheFilterNamesEitherAddress) {
  for (const char* filter :
       {"host 10.1.1.10", "host 172.31.1.10", "host 172.30.7.20", "host 192.168.7.20",
        "udp port 53", "host 172.31.1.10 and port 53", "not host 10.99.0.1", "ip[8] = 63",
        "ether dst 02:00:00:00:00:b0", "greater 10"}) {
    EXPECT_EQ(copied_by(filter, {make_udp({}, Bytes(20)), make_udp({}, Bytes(20))}), 2U) << filter;
  }
  for (const char* filter :
       {"host 10.1.1.11", "tcp", "port 54", "host 10.1.1.10 and host 192.168.7.20", "greater 500",
        "host 10.1.1.10 and not udp"}) {
    EXPECT_EQ(copied_by(filter, {make_udp({}, Bytes(20)), make_udp({}, Bytes(20))}), 0U) << filter;
  }
}

TEST(Tap, TellsWhyAPacketIsDropped) {
  Lab lab;
  Capturing capturing(lab, order_of("host 172.30.7.20 or host 10.1.1.99"));
  const Bytes expired = to_natto(lab, kA, make_udp({.ttl = 1}, Bytes(20)));
  const Bytes unmapped = to_natto(lab, kA, make_udp({.source = "10.1.1.99"}, Bytes(20)));
  const Bytes other = to_natto(lab, kA, make_udp({.destination = "172.30.7.99"}, Bytes(20)));
  for (const Bytes& frame : {expired, unmapped, other}) {
    lab.receive(kA, frame);
  }
  lab.run();
  auto copies = capturing.copies();
  ASSERT_EQ(copies.size(), 3U);  // and the ICMP error to 10.1.1.99
  std::ranges::sort(copies, {}, [](const Copy& copy) { return copy.in.size() + copy.out.size(); });
  const auto dropped = [&](std::size_t i, DropReason reason, const Bytes& frame) {
    EXPECT_EQ(copies[i].packet.fate, Fate::kDropped);
    EXPECT_EQ(copies[i].packet.reason, reason);
    EXPECT_EQ(copies[i].in, frame);
    EXPECT_TRUE(copies[i].out.empty());
  };
  const bool first_expired = copies[0].packet.reason == DropReason::kTtlExpired;
  dropped(first_expired ? 0 : 1, DropReason::kTtlExpired, expired);
  dropped(first_expired ? 1 : 0, DropReason::kSourceNotMapped, unmapped);
  EXPECT_EQ(copies[2].packet.fate, Fate::kGenerated);
  const auto errors = lab.sent(kA);
  EXPECT_TRUE(std::ranges::find(errors, copies[2].out) != errors.end());
  EXPECT_EQ(copies[2].out.size(), 14U + 20 + 8 + expired.size() - 14);
}

TEST(Tap, APortThatTakesNoMoreDropsWhatWasToLeave) {
  for (const bool drops_only : {false, true}) {
    Lab lab(Lab::Options{.tx_capacity = 1});
    CaptureOrder order = order_of("host 192.168.7.20");
    order.drops_only = drops_only;
    order.reasons[static_cast<std::size_t>(DropReason::kTxRingFull)] = true;
    Capturing capturing(lab, std::move(order));
    const Bytes frame = padded(to_natto(lab, kA, make_udp({}, Bytes(4))));
    for (int i = 0; i < 3; ++i) {
      lab.receive(kA, frame);
    }
    lab.run();
    const auto copies = capturing.copies();
    ASSERT_EQ(copies.size(), drops_only ? 2U : 3U);
    const Bytes sent = lab.sent(kB).at(0);
    for (const Copy& copy : copies) {
      EXPECT_EQ(copy.in, frame);
      EXPECT_EQ(copy.out, sent);
    }
    EXPECT_EQ(copies.front().packet.fate, drops_only ? Fate::kDropped : Fate::kSent);
    EXPECT_EQ(copies.back().packet.fate, Fate::kDropped);
    EXPECT_EQ(copies.back().packet.reason, DropReason::kTxRingFull);
  }
}

TEST(Tap, DropsAloneAreOfTheReasonsThatAreWanted) {
  Lab lab;
  CaptureOrder order = order_of("");
  order.drops_only = true;
  order.reasons[static_cast<std::size_t>(DropReason::kDestinationNotMapped)] = true;
  Capturing capturing(lab, std::move(order));
  lab.receive(kA, to_natto(lab, kA, make_udp({}, Bytes(20))));
  lab.receive(kA, to_natto(lab, kA, make_udp({.ttl = 1}, Bytes(20))));
  lab.receive(kA, to_natto(lab, kA, make_udp({.destination = "172.30.7.99"}, Bytes(20))));
  lab.run();
  const auto copies = capturing.copies();
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_EQ(copies[0].packet.reason, DropReason::kDestinationNotMapped);
}

TEST(Tap, WhatGoesToControlIsCopiedBeforeItGoes) {
  Lab lab(Lab::Options{.static_next_hops = false});
  Capturing capturing(lab, order_of("host 172.31.1.10"));
  const Bytes frame = to_natto(lab, kA, make_udp({}, Bytes(20)));
  lab.receive(kA, frame);
  lab.run();
  const auto copies = capturing.copies();
  ASSERT_EQ(copies.size(), 1U);  // its next hop is asked for, and not of this address
  EXPECT_EQ(copies[0].packet.fate, Fate::kHeld);
  EXPECT_EQ(copies[0].packet.out.realm, kB);
  EXPECT_EQ(copies[0].in, frame);
  EXPECT_EQ(copies[0].out.size(), frame.size());
}

TEST(Tap, WhatControlHasNoRoomForIsCopiedOnceAsDropped) {
  Lab lab(Lab::Options{.static_next_hops = false});
  Capturing capturing(lab, order_of(""));
  const auto dropped = [&] { return lab.dropped(DropReason::kNextHopUnresolved); };
  std::size_t packets = 0;
  while (dropped() == 0) {  // control does not run, so its ring fills up
    ASSERT_LT(packets, 100'000U);
    for (int i = 0; i < 32; ++i, ++packets) {
      lab.receive(kA, to_natto(lab, kA, make_udp({}, Bytes(20))));
    }
    lab.pipeline().poll();
  }
  const std::uint64_t not_taken = dropped();
  const auto copies = capturing.copies();
  ASSERT_EQ(capturing.tap().lost(), 0U);
  EXPECT_EQ(copies.size(), packets) << "one of each";
  EXPECT_EQ(
      std::ranges::count(copies, Fate::kDropped, [](const Copy& copy) { return copy.packet.fate; }),
      static_cast<std::ptrdiff_t>(not_taken));
  lab.run();
}

TEST(Tap, HostsAndRealmsAreChosen) {
  const auto copied = [](auto choose) {
    Lab lab;
    CaptureOrder order = order_of("");
    choose(order);
    Capturing capturing(lab, std::move(order));
    lab.receive(kA, padded(to_natto(lab, kA, make_udp({}, Bytes(20)))));
    lab.receive(kA, padded(to_natto(lab, kA, make_udp({.source = "10.1.1.11"}, Bytes(20)))));
    lab.receive(
        kB, padded(to_natto(
                lab, kB,
                make_udp({.source = "192.168.7.20", .destination = "172.31.1.10"}, Bytes(20)))));
    lab.run();
    std::string fates;
    for (const Copy& copy : capturing.copies()) {
      fates += copy.packet.fate == Fate::kDropped     ? 'd'
               : copy.packet.fate == Fate::kGenerated ? 'g'
               : copy.packet.in.realm == kA           ? 'a'
                                                      : 'b';
    }
    return fates;
  };
  const MappedHosts a{kA, parse_ipv4_prefix("10.1.1.10").value(),
                      parse_ipv4_prefix("172.31.1.10").value()};
  const MappedHosts b{kB, parse_ipv4_prefix("192.168.7.20").value(),
                      parse_ipv4_prefix("172.30.7.20").value()};
  const MappedHosts elsewhere{kB, a.real, parse_ipv4_prefix("172.31.1.99").value()};
  EXPECT_EQ(copied([](CaptureOrder&) {}), "dabg");
  EXPECT_EQ(copied([&](CaptureOrder& order) { order.one = a; }), "ab");
  EXPECT_EQ(copied([&](CaptureOrder& order) { order.one = b; }), "dab");
  EXPECT_EQ(copied([&](CaptureOrder& order) { order.one = a, order.other = b; }), "ab");
  EXPECT_EQ(copied([&](CaptureOrder& order) { order.one = b, order.other = a; }), "ab");
  EXPECT_EQ(copied([&](CaptureOrder& order) { order.one = elsewhere; }), "");
  EXPECT_EQ(copied([&](CaptureOrder& order) { order.realm = kA; }), "dabg");
  EXPECT_EQ(copied([&](CaptureOrder& order) { order.realm = kA, order.leaves = false; }), "da");
  EXPECT_EQ(copied([&](CaptureOrder& order) { order.realm = kA, order.came_in = false; }), "bg");
}

TEST(Tap, AFullRingLosesCopiesAndNoPackets) {
  Lab lab;
  Capturing capturing(lab, order_of(""), 1024);
  for (int i = 0; i < 20; ++i) {
    lab.receive(kA, to_natto(lab, kA, make_udp({}, Bytes(100))));
  }
  lab.run();
  EXPECT_EQ(lab.sent(kB).size(), 20U);
  const auto copies = capturing.copies().size();
  EXPECT_GT(copies, 0U);
  EXPECT_EQ(copies + capturing.tap().lost(), 20U);
}

TEST(Tap, CopiesNoMoreThanIsAskedFor) {
  Lab lab;
  CaptureOrder order = order_of("");
  order.per_second = 5;
  order.snaplen = 50;
  Capturing capturing(lab, std::move(order));
  for (int i = 0; i < 20; ++i) {
    lab.receive(kA, to_natto(lab, kA, make_udp({}, Bytes(100))));
  }
  lab.run();
  const auto copies = capturing.copies();
  EXPECT_EQ(copies.size() + capturing.tap().over_rate(), 20U);
  EXPECT_GE(copies.size(), 5U);  // or twice as many, where a second ends meanwhile
  EXPECT_LE(copies.size(), 10U);
  EXPECT_EQ(copies[0].in.size(), 50U);
  EXPECT_EQ(copies[0].out.size(), 50U);
  EXPECT_EQ(copies[0].packet.in.length, 142U);
}

TEST(Tap, IsGoneOnceNobodyCaptures) {
  Lab lab;
  std::weak_ptr<const CaptureTaps> taps;
  {
    const auto kept = std::make_shared<const CaptureTaps>(order_of(""), 2, 1024);
    taps = kept;
    lab.dataplane().capture.publish(kept, lab.dataplane().quiescence);
  }
  lab.dataplane().capture.publish(std::make_shared<const CaptureTaps>(),
                                  lab.dataplane().quiescence);
  EXPECT_EQ(lab.dataplane().capture.reclaim(lab.dataplane().quiescence), 0U);
  EXPECT_TRUE(taps.expired());
}

}  // namespace
}  // namespace natto
