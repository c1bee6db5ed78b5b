#include "packet/arp.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/bytes.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::from_hex;

// Who has 10.1.0.1? Tell 10.1.1.10. Written out by hand from RFC 826.
const char* const kRequest =
    "ffffffffffff 020000000002 0806 0001 0800 06 04 0001 020000000002 0a01010a 000000000000 "
    "0a010001";
const char* const kReply =
    "020000000002 020000000001 0806 0001 0800 06 04 0002 020000000001 0a010001 020000000002 "
    "0a01010a";

constexpr MacAddress kHostMac{{2, 0, 0, 0, 0, 2}};
constexpr MacAddress kNattoMac{{2, 0, 0, 0, 0, 1}};
constexpr Ipv4Address kHost = Ipv4Address::of(10, 1, 1, 10);
constexpr Ipv4Address kNatto = Ipv4Address::of(10, 1, 0, 1);

Bytes bytes_of(const ArpFrame& frame) { return {frame.begin(), frame.end()}; }

TEST(Arp, ReadsARequest) {
  const auto message = parse_arp(from_hex(kRequest));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->operation, ArpOperation::kRequest);
  EXPECT_EQ(message->sender.mac, kHostMac);
  EXPECT_EQ(message->sender.address, kHost);
  EXPECT_EQ(message->target.address, kNatto);
  EXPECT_FALSE(message->is_gratuitous());
}

TEST(Arp, WritesRequestsAndReplies) {
  EXPECT_TRUE(
      test::same_bytes(from_hex(kRequest), bytes_of(make_arp({.operation = ArpOperation::kRequest,
                                                              .sender = {kHostMac, kHost},
                                                              .target = {MacAddress{}, kNatto}}))));
  EXPECT_TRUE(
      test::same_bytes(from_hex(kReply), bytes_of(make_arp({.operation = ArpOperation::kReply,
                                                            .sender = {kNattoMac, kNatto},
                                                            .target = {kHostMac, kHost}}))));
}

TEST(Arp, H3_RefusesEveryTruncation) {
  const Bytes whole = from_hex(kRequest);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_arp(Bytes(whole.begin(), whole.begin() + static_cast<long>(length))));
  }
  Bytes padded = whole;
  padded.resize(60);
  EXPECT_TRUE(parse_arp(padded));
}

TEST(Arp, H3_RefusesOddFields) {
  const std::pair<std::size_t, std::uint8_t> changes[] = {
      {15, 6},     // hardware type: IEEE 802
      {16, 0x86},  // protocol type
      {18, 8},     // hardware length
      {19, 16},    // protocol length
      {21, 3},     // RARP
      {22, 3},     // a group address as sender
      {11, 9},     // sender differs from the frame's source
  };
  for (const auto& [at, value] : changes) {
    Bytes frame = from_hex(kRequest);
    frame[at] = value;
    EXPECT_FALSE(parse_arp(frame)) << at;
  }
}

TEST(Arp, H3_KnowsGratuitousOnes) {
  Bytes frame = from_hex(kRequest);
  std::copy_n(frame.begin() + 28, 4, frame.begin() + 38);
  EXPECT_TRUE(parse_arp(frame)->is_gratuitous());
}

}  // namespace
}  // namespace natto
