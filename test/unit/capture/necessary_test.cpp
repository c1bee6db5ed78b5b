#include "capture/necessary.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/compiled_filter.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::compiled;
using test::frame_of;
using test::make_icmp;
using test::make_tcp;
using test::make_udp;

std::vector<std::size_t> tests_of(const char* filter) {
  std::vector<std::size_t> sizes;
  for (const auto& tests : necessary_conditions(compiled(filter)).all_of) {
    sizes.push_back(tests.size());
  }
  return sizes;
}

using Sizes = std::vector<std::size_t>;

TEST(NecessaryConditions, AreTheAddressesPortsAndProtocolThatAFilterNames) {
  EXPECT_EQ(tests_of("host 10.1.1.10"), Sizes{2});
  EXPECT_EQ(tests_of("src net 10.1.0.0/16"), Sizes{1});
  EXPECT_EQ(tests_of("host 10.1.1.10 or host 10.1.1.11"), Sizes{4});
  EXPECT_EQ(tests_of("udp port 53"), (Sizes{2, 1}));
  EXPECT_EQ(tests_of("icmp"), Sizes{1});
  EXPECT_EQ(tests_of("host 10.1.1.10 and tcp port 443"), (Sizes{2, 2, 1}));
  EXPECT_EQ(tests_of("portrange 5000-6000"), Sizes{3});  // SCTP, TCP, UDP
  EXPECT_EQ(tests_of("dst 10.1.1.10 and src 10.1.1.11"), Sizes{2});
}

TEST(NecessaryConditions, AreNoneWhereAFilterNeedsNoneOfThem) {
  for (const char* filter : {"", "not host 10.1.1.10", "greater 100", "tcp or not tcp", "ip",
                             "host 10.1.1.10 or greater 1000"}) {
    EXPECT_EQ(tests_of(filter), Sizes{}) << filter;
  }
}

TEST(NecessaryConditions, AreNoMoreThanAFilterIsWorth) {
  std::string filter = "host 10.0.0.0";
  for (int i = 1; i < 9; ++i) {
    filter += fmt::format(" or host 10.0.0.{}", i);
  }
  EXPECT_EQ(tests_of(filter.c_str()), Sizes{});
}

TEST(NecessaryConditions, TellWhetherTranslationMatters) {
  const auto sees = [](const char* filter) {
    return necessary_conditions(compiled(filter)).sees_translation;
  };
  EXPECT_FALSE(sees(""));
  EXPECT_FALSE(sees("tcp port 443"));
  EXPECT_FALSE(sees("tcp[tcpflags] & tcp-syn != 0"));
  EXPECT_TRUE(sees("host 10.1.1.10"));
  EXPECT_TRUE(sees("ether host 02:00:00:00:00:01"));
  EXPECT_TRUE(sees("ip[8] < 5"));
  EXPECT_TRUE(sees("greater 100"));
  EXPECT_TRUE(sees("udp[20:4] = 7"));
}

/// Values that filters name, and others.
Bytes random_frame(std::mt19937& random) {
  const auto pick = [&random](auto... choices) {
    const std::array all = {choices...};
    return all[random() % all.size()];
  };
  const test::PacketSpec spec{
      .source = pick("10.1.1.10", "10.1.1.11", "10.1.7.1", "172.30.7.20"),
      .destination = pick("10.1.1.10", "172.30.7.20", "172.30.7.21", "192.168.0.1"),
      .ttl = static_cast<std::uint8_t>(random()),
      .fragment = static_cast<std::uint16_t>(pick(0x4000, 0, 0x2000, 1)),
      .options = random() % 4 == 0 ? Bytes(8, 1) : Bytes()};
  const Bytes data(20 + random() % 60, static_cast<std::uint8_t>(random()));
  Bytes frame = frame_of(random() % 3 == 0   ? make_tcp(spec, data)
                         : random() % 2 == 0 ? make_udp(spec, data)
                                             : make_icmp(spec, 8, data));
  if (random() % 4 == 0) {  // any ports, and damage
    for (int i = 0; i < 4; ++i) {
      frame[12 + random() % 40] = static_cast<std::uint8_t>(random());
    }
  }
  return frame;
}

TEST(NecessaryConditions, HoldForEveryPacketThatTheFilterMatches) {
  std::mt19937 random(7);
  constexpr std::array kFilters = {"host 10.1.1.10",
                                   "net 10.1.0.0/16",
                                   "not host 10.1.1.10",
                                   "tcp port 443",
                                   "port 53",
                                   "src port 40000 and dst host 172.30.7.20",
                                   "udp",
                                   "icmp or (tcp and host 10.1.1.10)",
                                   "icmp[0] == 8",
                                   "tcp[tcpflags] & tcp-syn != 0 and port 443",
                                   "ip[8] > 100 and udp port 53",
                                   "(host 10.1.1.10 and port 53) or (host 10.1.1.11 and tcp)",
                                   "ip proto 17 and dst port 53",
                                   "arp or host 10.1.1.11",
                                   "ip6 or udp port 53",
                                   "portrange 1-100",
                                   "ip host 10.1.1.10",
                                   "vlan and host 10.1.1.10",
                                   "udp[8] == 3 and port 53",
                                   "ip[16:4] & 0xffff0000 = 0xac1e0000"};
  std::size_t matched = 0;
  for (const char* filter : kFilters) {
    const auto program = compiled(filter);
    const NecessaryConditions conditions = necessary_conditions(program);
    for (int i = 0; i < 2000; ++i) {
      Bytes frame = random_frame(random);
      frame.resize(std::max(frame.size(), kQuickBytes));
      if (!is_quick(frame.data()) || !test::matches(program, frame)) {
        continue;
      }
      ++matched;
      for (const auto& tests : conditions.all_of) {
        EXPECT_TRUE(std::ranges::any_of(tests, [&](const FieldTest& one) {
          return one.holds(frame.data());
        })) << filter;
      }
    }
  }
  EXPECT_GT(matched, 5000U);
}

}  // namespace
}  // namespace natto
