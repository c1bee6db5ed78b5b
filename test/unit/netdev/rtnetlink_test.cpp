// Interfaces that come, go and lose their carrier need the right to make some: see
// test/e2e/link_test.py.
// test/e2e/link_test.py.

#include "netdev/rtnetlink.hpp"

#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include <array>
#include <string_view>

#include "netdev/interface_watch.hpp"

namespace natto {
namespace {

constexpr unsigned kLoopback = 1;

TEST(FindInterface, FindsByNameAndByIndex) {
  const auto by_name = find_interface("lo");
  ASSERT_TRUE(by_name);
  EXPECT_EQ(by_name->index, kLoopback);
  const auto by_index = find_interface({}, kLoopback);
  ASSERT_TRUE(by_index);
  EXPECT_EQ(by_index->name, "lo");
  EXPECT_EQ(by_index->up, by_name->up);
  EXPECT_EQ(by_index->peer, 0U);
}

TEST(FindInterface, FindsNoneThatIsNotThere) {
  EXPECT_FALSE(find_interface("no-such-thing"));
  EXPECT_FALSE(find_interface({}, INT32_MAX));
  EXPECT_FALSE(find_interface({}));
  EXPECT_FALSE(find_interface("a-name-that-is-much-too-long"));
}

TEST(InterfaceWatch, KnowsOneThatWasNeverThere) {
  EXPECT_EQ(InterfaceWatch::open(INT32_MAX, false)->state(), InterfaceWatch::State::kGone);
  EXPECT_EQ(InterfaceWatch::open(INT32_MAX, true)->state(), InterfaceWatch::State::kElsewhere);
  auto loopback = InterfaceWatch::open(kLoopback, false);
  EXPECT_EQ(loopback->name(), "lo");
  EXPECT_EQ(loopback->state() == InterfaceWatch::State::kUp, find_interface("lo")->up);
  EXPECT_FALSE(loopback->hear());
}

/// What the kernel says of interface 7, with one attribute.
struct Body {
  ifinfomsg info{};
  rtattr attribute{};
  std::array<char, 8> value{};

  Body(std::uint16_t type, std::string_view text) {
    info.ifi_index = 7;
    info.ifi_flags = IFF_UP;
    attribute.rta_type = type;
    attribute.rta_len = static_cast<std::uint16_t>(sizeof(attribute) + text.size());
    text.copy(value.data(), value.size());
  }
  [[nodiscard]] std::optional<NetInterface> parse(std::uint16_t type,
                                                  std::size_t length = sizeof(Body)) const {
    return parse_interface({type, {reinterpret_cast<const char*>(this), length}});
  }
};

TEST(ParseInterface, NeedsACarrier) {
  Body body(IFLA_IFNAME, "eth1");
  EXPECT_EQ(body.parse(RTM_NEWLINK)->index, 7U);
  EXPECT_EQ(body.parse(RTM_NEWLINK)->name, "eth1");
  EXPECT_FALSE(body.parse(RTM_NEWLINK)->up);
  body.info.ifi_flags |= IFF_LOWER_UP;
  EXPECT_TRUE(body.parse(RTM_NEWLINK)->up);
  body.info.ifi_flags = IFF_LOWER_UP;
  EXPECT_FALSE(body.parse(RTM_NEWLINK)->up);
}

TEST(ParseInterface, TakesABridgesPortForNoInterface) {
  Body body(IFLA_IFNAME, "eth1");
  EXPECT_TRUE(body.parse(RTM_DELLINK));
  body.info.ifi_family = AF_BRIDGE;
  EXPECT_FALSE(body.parse(RTM_DELLINK));
}

TEST(ParseInterface, TellsAMoveFromAnEnd) {
  EXPECT_FALSE(Body(IFLA_IFNAME, "eth1").parse(RTM_DELLINK)->has_moved);
  EXPECT_TRUE(Body(IFLA_NEW_NETNSID, "1234").parse(RTM_DELLINK)->has_moved);
}

TEST(ParseInterface, StopsWhereAMessageIsCutOff) {
  Body body(IFLA_IFNAME, "eth1");
  body.attribute.rta_len = UINT16_MAX;
  EXPECT_EQ(body.parse(RTM_NEWLINK)->name, "");
  EXPECT_FALSE(body.parse(RTM_NEWLINK, sizeof(ifinfomsg) - 1));
}

}  // namespace
}  // namespace natto
