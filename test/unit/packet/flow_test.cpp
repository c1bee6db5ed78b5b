#include "packet/flow.hpp"

#include <gtest/gtest.h>

#include "packet/protocol_names.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using enum FlowRole;
using test::Bytes;
using test::frame_of;
using test::make_icmp;
using test::make_packet;
using test::make_tcp;
using test::make_udp;

/// Of a packet that the parser takes.
Flow flow(const Bytes& l3) {
  const Bytes frame = frame_of(l3);
  ParsedPacket packet{};
  const FrameFilter filter{.mac = {}, .any_unicast_mac = true};
  const Verdict verdict =
      parse({.head = frame, .length = static_cast<std::uint32_t>(frame.size())}, filter, packet);
  EXPECT_TRUE(verdict.is_forward());
  return flow_of(packet, frame);
}

FlowRole role_of_tcp(std::uint8_t flags) {
  Bytes l3 = make_tcp({}, {});
  l3[20 + 13] = flags;
  return flow(l3).role;
}

Bytes of_protocol(std::uint8_t protocol, Bytes payload, std::uint16_t fragment = 0x4000) {
  return make_packet({.protocol = protocol, .fragment = fragment, .payload = std::move(payload)});
}

/// With ports 40000 and 443, and a byte that says what it is.
Bytes typed(std::size_t size, std::size_t at, std::uint8_t type) {
  Bytes payload(size);
  test::write16(payload, 0, 40'000);
  test::write16(payload, 2, 443);
  if (at < size) {
    payload[at] = type;
  }
  return payload;
}

TEST(Flow, P2_PortsOfTheProtocolsThatHaveThem) {
  for (const char* name : {"tcp", "udp", "udplite", "sctp", "dccp"}) {
    EXPECT_TRUE(has_ports(parse_protocol(name).value())) << name;
  }
  for (const char* name : {"icmp", "gre", "esp", "4"}) {
    EXPECT_FALSE(has_ports(parse_protocol(name).value())) << name;
  }
  const Flow tcp = flow(make_tcp({}, {}));
  EXPECT_EQ(tcp.source_port, 40'000);
  EXPECT_EQ(tcp.destination_port, 443);
  EXPECT_FALSE(tcp.ports_unknown);
  const Flow udp = flow(make_udp({}, {}));
  EXPECT_EQ(udp.source_port, 5000);
  EXPECT_EQ(udp.destination_port, 53);
  EXPECT_EQ(udp.role, kEither);
  EXPECT_EQ(flow(of_protocol(47, typed(20, 0, 1))).destination_port, 0);
}

TEST(Flow, P2_BehindOptions) {
  EXPECT_EQ(flow(make_tcp({.options = Bytes(40, 1)}, {})).destination_port, 443);
}

TEST(Flow, P3_TcpOpensBySynWithoutAckAndByNothingElse) {
  for (unsigned flags = 0; flags < 256; ++flags) {
    const bool opens = (flags & 0x02U) != 0 && (flags & 0x10U) == 0;
    EXPECT_EQ(role_of_tcp(static_cast<std::uint8_t>(flags)), opens ? kOpens : kEither) << flags;
  }
}

TEST(Flow, P3_SctpOpensByInit) {
  EXPECT_EQ(flow(of_protocol(132, typed(20, 12, 1))).role, kOpens);
  EXPECT_EQ(flow(of_protocol(132, typed(20, 12, 2))).role, kEither);
  EXPECT_EQ(flow(of_protocol(132, typed(12, 12, 1))).role, kEither) << "there is no chunk";
}

TEST(Flow, P3_DccpOpensByRequest) {
  EXPECT_EQ(flow(of_protocol(33, typed(20, 8, 0))).role, kOpens);
  EXPECT_EQ(flow(of_protocol(33, typed(20, 8, 1))).role, kOpens) << "the X bit is no type";
  EXPECT_EQ(flow(of_protocol(33, typed(20, 8, 2))).role, kEither) << "a Response";
}

TEST(Flow, P4_IcmpAsksAndAnswers) {
  const auto role = [](std::uint8_t type) { return flow(make_icmp({}, type, Bytes(8))).role; };
  for (const std::uint8_t query :
       std::initializer_list<std::uint8_t>{8, 10, 13, 15, 17, 37, 42, 200}) {
    EXPECT_EQ(role(query), kAsks) << unsigned{query};
  }
  for (const std::uint8_t reply : std::initializer_list<std::uint8_t>{0, 9, 14, 16, 18, 38, 43}) {
    EXPECT_EQ(role(reply), kAnswers) << unsigned{reply};
  }
}

TEST(Flow, P5_LaterFragmentsHaveNoPorts) {
  const Flow later = flow(of_protocol(17, Bytes(16, 0xff), 0x0010));
  EXPECT_TRUE(later.ports_unknown);
  EXPECT_EQ(later.role, kEither);
  EXPECT_EQ(later.protocol, 17);
}

TEST(Flow, P5_AFragmentThatHidesOrReplacesWhatOpensOpens) {
  constexpr std::uint16_t kMore = 0x2000;
  EXPECT_EQ(flow(of_protocol(132, typed(8, 12, 0), kMore)).role, kOpens) << "hides the chunk";
  EXPECT_EQ(flow(of_protocol(132, typed(16, 12, 0), kMore)).role, kEither);
  EXPECT_EQ(flow(of_protocol(132, Bytes(16), 0x0001)).role, kOpens) << "replaces the chunk";
  EXPECT_EQ(flow(of_protocol(33, Bytes(16), 0x0001)).role, kOpens);
  EXPECT_EQ(flow(of_protocol(132, Bytes(16), 0x0002)).role, kEither);
  EXPECT_EQ(flow(of_protocol(17, Bytes(16), 0x0001)).role, kEither);
}

/// A port unreachable about `quoted`, of which it quotes `bytes`.
Bytes error_about(Bytes quoted, std::size_t bytes) {
  quoted.resize(bytes);
  Bytes rest(4);
  rest.insert(rest.end(), quoted.begin(), quoted.end());
  return make_icmp({.source = "10.1.1.10", .destination = "10.1.1.10"}, 3, rest);
}

TEST(Flow, P4_OfAnIcmpErrorItIsTheQuotes) {
  const Bytes quoted = make_tcp({}, {});
  const Flow whole = flow(error_about(quoted, 40));
  EXPECT_EQ(whole.protocol, 6);
  EXPECT_EQ(whole.destination_port, 443);
  EXPECT_EQ(whole.role, kOpens);
  const Flow eight = flow(error_about(quoted, 28));
  EXPECT_EQ(eight.source_port, 40'000);
  EXPECT_EQ(eight.role, kEither) << "the flags were cut off";
  const Flow three = flow(error_about(quoted, 23));
  EXPECT_TRUE(three.ports_unknown);
  EXPECT_EQ(three.protocol, 6);
  Bytes short_quoted = quoted;
  test::write16(short_quoted, 2, 22);
  EXPECT_TRUE(flow(error_about(short_quoted, 40)).ports_unknown) << "it is not the packet's";
  Bytes fragment = quoted;
  test::write16(fragment, 6, 0x0010);
  EXPECT_TRUE(flow(error_about(fragment, 40)).ports_unknown);
}

TEST(ProtocolNames, AreReadAsTheyAreWritten) {
  for (unsigned number = 0; number < 256; ++number) {
    const auto protocol = static_cast<std::uint8_t>(number);
    const std::string name = protocol_name(protocol);
    if (!name.starts_with("protocol ")) {
      EXPECT_EQ(parse_protocol(name), protocol);
    }
    EXPECT_EQ(parse_protocol(std::to_string(number)), protocol);
  }
  EXPECT_EQ(parse_protocol("256"), std::nullopt);
  EXPECT_EQ(parse_protocol("tcp "), std::nullopt);
  EXPECT_EQ(parse_protocol(""), std::nullopt);
}

}  // namespace
}  // namespace natto
