#include "ports/resolver.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

using namespace std::chrono_literals;

constexpr ArpParty kSelf{{{2, 0, 0, 0, 0, 1}}, Ipv4Address::of(10, 1, 0, 1)};
constexpr Ipv4Address kGateway = Ipv4Address::of(10, 1, 0, 254);
constexpr Ipv4Address kHost = Ipv4Address::of(10, 1, 0, 7);
constexpr MacAddress kMac{{2, 0, 0, 0, 0, 7}};
constexpr MacAddress kOtherMac{{2, 0, 0, 0, 0, 8}};

std::vector<Ipv4Address> asked_for(const std::vector<ArpFrame>& frames) {
  std::vector<Ipv4Address> targets;
  for (const ArpFrame& frame : frames) {
    const auto message = parse_arp(frame);
    EXPECT_EQ(message.value().operation, ArpOperation::kRequest);
    EXPECT_EQ(message->sender.mac, kSelf.mac);
    EXPECT_EQ(message->sender.address, kSelf.address);
    targets.push_back(message->target.address);
  }
  return targets;
}

TEST(Resolver, R25_AsksForTheGatewayFromTheStartOnceASecond) {
  Resolver resolver(kSelf, kGateway);
  unsigned requests = 0;
  for (Instant now = 5'000ms; now < 15'000ms; now += 1ms) {
    requests += static_cast<unsigned>(resolver.due(now).size());
  }
  EXPECT_EQ(requests, 10U);
  EXPECT_FALSE(resolver.find(kGateway));
}

TEST(Resolver, LearnsWhatItAskedForAndStopsAsking) {
  Resolver resolver(kSelf, kGateway);
  EXPECT_EQ(asked_for(resolver.due(0ms)), std::vector{kGateway});
  EXPECT_TRUE(resolver.hear({kMac, kGateway}, 10ms));
  EXPECT_EQ(resolver.find(kGateway), kMac);
  EXPECT_EQ(resolver.version(), 1U);
  EXPECT_TRUE(resolver.due(29'000ms).empty());
  EXPECT_FALSE(resolver.due(30'011ms).empty());
}

TEST(Resolver, R25_FollowsAChangedMac) {
  Resolver resolver(kSelf, kGateway);
  resolver.hear({kMac, kGateway}, 0ms);
  resolver.hear({kMac, kGateway}, 1ms);
  EXPECT_EQ(resolver.version(), 1U);
  resolver.hear({kOtherMac, kGateway}, 2ms);
  EXPECT_EQ(resolver.version(), 2U);
  EXPECT_EQ(resolver.find(kGateway), kOtherMac);
}

TEST(Resolver, R25_LearnsNothingUnasked) {
  Resolver resolver(kSelf, kGateway);
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    EXPECT_FALSE(resolver.hear({kMac, Ipv4Address::from_host(0x0a020000 + i)}, 0ms));
  }
  EXPECT_TRUE(resolver.known().empty());
}

TEST(Resolver, ForgetsSilentNeighboursButNotTheGateway) {
  Resolver resolver(kSelf, kGateway);
  resolver.want(kHost);
  resolver.hear({kMac, kHost}, 0ms);
  resolver.hear({kMac, kGateway}, 0ms);
  for (Instant now = 0ms; now < 60'000ms; now += 100ms) {
    static_cast<void>(resolver.due(now));
  }
  EXPECT_FALSE(resolver.find(kHost));
  EXPECT_EQ(resolver.find(kGateway), kMac);
}

TEST(Resolver, GivesUpOnANeighbourThatNeverAnswers) {
  Resolver resolver(kSelf, std::nullopt);
  resolver.want(kHost);
  std::size_t requests = 0;
  for (Instant now = 0ms; now < 20'000ms; now += 100ms) {
    requests += resolver.due(now).size();
  }
  EXPECT_EQ(requests, Resolver::kMaxUnanswered);
  EXPECT_TRUE(resolver.want(kHost));  // the next packet may try again
  EXPECT_EQ(asked_for(resolver.due(20'000ms)), std::vector{kHost});
}

TEST(Resolver, R25_IsBounded) {
  Resolver resolver(kSelf, std::nullopt);
  for (std::uint32_t i = 0; i < Resolver::kMaxNeighbours; ++i) {
    EXPECT_TRUE(resolver.want(Ipv4Address::from_host(0x0a010000 + i)));
  }
  EXPECT_FALSE(resolver.want(Ipv4Address::from_host(0x0a020000)));
}

TEST(Resolver, H17_ADoubtedNeighbourIsAskedAgainAndStaysKnown) {
  Resolver resolver(kSelf, kGateway);
  resolver.want(kHost);
  resolver.hear({kMac, kGateway}, 0ms);
  resolver.hear({kOtherMac, kHost}, 0ms);
  EXPECT_TRUE(resolver.due(10'000ms).empty());
  resolver.doubt();
  EXPECT_EQ(resolver.find(kGateway), kMac);
  resolver.hear({kMac, kGateway}, 10'000ms);  // heard meanwhile: no doubt any more
  EXPECT_EQ(asked_for(resolver.due(10'001ms)), std::vector{kHost});
  resolver.doubt();  // a link that flaps is no reason to ask more often
  EXPECT_EQ(asked_for(resolver.due(10'500ms)), std::vector{kGateway});
  EXPECT_EQ(asked_for(resolver.due(11'001ms)), std::vector{kHost});
}

TEST(Resolver, ListsTheKnownInOrder) {
  Resolver resolver(kSelf, kGateway);
  resolver.want(kHost);
  resolver.hear({kMac, kGateway}, 0ms);
  resolver.hear({kOtherMac, kHost}, 0ms);
  const auto known = resolver.known();
  ASSERT_EQ(known.size(), 2U);
  EXPECT_EQ(known[0].address, kHost);
  EXPECT_EQ(known[1].address, kGateway);
}

}  // namespace
}  // namespace natto
