#include "packet/rewrite.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;

constexpr FrameFilter kAnyMac{.mac = {}, .any_unicast_mac = true};

Verdict parse_frame(const Bytes& frame, ParsedPacket& packet) {
  return parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())}, kAnyMac,
               packet);
}

Replacement replace(Ipv4Address before, Ipv4Address after) {
  return {after, checksum_delta(before.bits, after.bits)};
}

/// Rewrites the addresses of `frame`, which must be translatable.
void rewrite_to(Bytes& frame, Ipv4Address source, Ipv4Address destination) {
  ParsedPacket packet{};
  ASSERT_TRUE(parse_frame(frame, packet).is_forward());
  rewrite(
      frame, packet.transport,
      NewAddresses::of(replace(packet.source, source), replace(packet.destination, destination)));
}

/// Packets of every protocol with random contents and right checksums.
class RandomPackets {
 public:
  explicit RandomPackets(unsigned seed) : random_(seed) {}

  Ipv4Address address() { return Ipv4Address::from_host(static_cast<std::uint32_t>(random_())); }

  Bytes next() {
    const std::string source = to_string(address());
    const std::string destination = to_string(address());
    test::PacketSpec spec{.source = source, .destination = destination};
    spec.ttl = static_cast<std::uint8_t>(2 + random_() % 254);
    spec.tos = static_cast<std::uint8_t>(random_());
    spec.identification = static_cast<std::uint16_t>(random_());
    spec.options = Bytes(4 * (random_() % 11), 1);
    const Bytes data = bytes(random_() % 64);
    switch (random_() % 5) {
      case 0:
        return test::make_tcp(spec, data);
      case 1:
        return test::make_udp(spec, data);
      case 2: {
        Bytes l3 = test::make_udp(spec, data);
        test::write16(l3, 20 + spec.options.size() + 6, 0);
        return l3;
      }
      case 3:
        return test::make_icmp(spec, 8, Bytes(8, 7));
      default:
        spec.protocol = 47;
        spec.payload = data;
        return test::make_packet(spec);
    }
  }

 private:
  Bytes bytes(std::size_t count) {
    Bytes out(count);
    for (std::uint8_t& byte : out) {
      byte = static_cast<std::uint8_t>(random_());
    }
    return out;
  }

  std::mt19937 random_;
};

TEST(Rewrite, R2_EqualsAFullRecompute) {
  RandomPackets packets(1);
  for (int i = 0; i < 200'000; ++i) {
    const Bytes before = packets.next();
    const Ipv4Address source = packets.address();
    const Ipv4Address destination = packets.address();

    Bytes expected = before;
    test::write16(expected, 12, static_cast<std::uint16_t>(source.host() >> 16));
    test::write16(expected, 14, static_cast<std::uint16_t>(source.host()));
    test::write16(expected, 16, static_cast<std::uint16_t>(destination.host() >> 16));
    test::write16(expected, 18, static_cast<std::uint16_t>(destination.host()));
    --expected[8];
    test::fix_ip_checksum(expected);
    const std::size_t header = (expected[0] & 0x0fU) * 4;
    if (expected[9] == 6) {
      test::write16(expected, header + 16, test::reference_transport_checksum(expected, 16));
    } else if (expected[9] == 17 && test::read16(expected, header + 6) != 0) {
      const std::uint16_t sum = test::reference_transport_checksum(expected, 6);
      test::write16(expected, header + 6, sum == 0 ? 0xffff : sum);
    }

    Bytes frame = test::frame_of(before);
    rewrite_to(frame, source, destination);
    ASSERT_TRUE(test::same_bytes(expected, test::l3_of(frame))) << "case " << i;
  }
}

TEST(Rewrite, TranslatingThereAndBackIsTheIdentity) {
  RandomPackets packets(2);
  for (int i = 0; i < 100'000; ++i) {
    const Bytes before = packets.next();
    Bytes frame = test::frame_of(before);
    ParsedPacket packet{};
    ASSERT_TRUE(parse_frame(frame, packet).is_forward());
    rewrite_to(frame, packets.address(), packets.address());
    rewrite_to(frame, packet.source, packet.destination);

    Bytes expected = before;
    expected[8] = static_cast<std::uint8_t>(expected[8] - 2);
    test::fix_ip_checksum(expected);
    ASSERT_TRUE(test::same_bytes(expected, test::l3_of(frame))) << "case " << i;
  }
}

TEST(Rewrite, R3_AWrongTransportChecksumKeepsItsError) {
  RandomPackets packets(3);
  for (int i = 0; i < 50'000; ++i) {
    Bytes good = packets.next();
    if (good[9] != 6) {
      continue;
    }
    Bytes bad = good;
    bad.back() ^= 0x10;  // damaged in transit, after the sender made its checksum
    const Ipv4Address source = packets.address();
    const Ipv4Address destination = packets.address();
    for (Bytes* l3 : {&good, &bad}) {
      Bytes frame = test::frame_of(*l3);
      rewrite_to(frame, source, destination);
      *l3 = test::l3_of(frame);
    }
    good.back() ^= 0x10;
    ASSERT_TRUE(test::same_bytes(good, bad));
  }
}

TEST(Rewrite, ChangesNothingElse) {
  RandomPackets packets(4);
  for (int i = 0; i < 50'000; ++i) {
    const Bytes before = packets.next();
    Bytes frame = test::frame_of(before);
    ParsedPacket packet{};
    ASSERT_TRUE(parse_frame(frame, packet).is_forward());
    rewrite_to(frame, packets.address(), packets.address());
    const Bytes after = test::l3_of(frame);
    for (std::size_t at = 0; at < before.size(); ++at) {
      const bool ours = at == 8 || (at >= 10 && at < 20) ||
                        (packet.transport.offset != 0 && at + 14 >= packet.transport.offset &&
                         at + 14 < packet.transport.offset + 2U);
      ASSERT_TRUE(ours || before[at] == after[at]) << "byte " << at;
    }
  }
}

TEST(Rewrite, R7_PayloadsAreNeverRead) {
  const std::string text = "PORT 10,1,1,10,19,137\r\n";
  const Bytes before = test::make_tcp({}, Bytes(text.begin(), text.end()));
  Bytes frame = test::frame_of(before);
  rewrite_to(frame, Ipv4Address::of(172, 31, 1, 10), Ipv4Address::of(192, 168, 7, 20));
  EXPECT_EQ(std::string(frame.end() - static_cast<long>(text.size()), frame.end()), text);
}

TEST(Rewrite, EveryTruncationIsSafe) {
  // Each prefix of each packet in a buffer of exactly its size, for the sanitizer.
  RandomPackets packets(5);
  for (int i = 0; i < 300; ++i) {
    const Bytes whole = test::frame_of(packets.next());
    for (std::size_t length = 0; length <= whole.size(); ++length) {
      Bytes frame(whole.begin(), whole.begin() + static_cast<long>(length));
      ParsedPacket packet{};
      const Verdict verdict = parse_frame(frame, packet);
      ASSERT_EQ(verdict.is_forward(), length == whole.size());
      if (verdict.is_forward()) {
        rewrite(frame, packet.transport, {packets.address(), packets.address(), {}});
      }
    }
  }
}

}  // namespace
}  // namespace natto
