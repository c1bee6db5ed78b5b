#include "base/dpdk_version.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

TEST(DpdkVersion, IsParsed) {
  EXPECT_EQ(DpdkVersion::parse("DPDK 22.11.11"), (DpdkVersion{22, 11, 11}));
  EXPECT_EQ(DpdkVersion::parse("DPDK 24.03.1-rc2"), (DpdkVersion{24, 3, 1}));
}

TEST(DpdkVersion, WhatIsNotUnderstoodIsBeforeAllOthers) {
  EXPECT_EQ(DpdkVersion::parse("something else"), DpdkVersion{});
  EXPECT_EQ(DpdkVersion::parse("DPDK 24.11"), DpdkVersion{});
  EXPECT_EQ(DpdkVersion::parse(""), DpdkVersion{});
  EXPECT_LT(DpdkVersion{}, (DpdkVersion{16, 4, 0}));
}

TEST(DpdkVersion, IsOrderedByItsParts) {
  EXPECT_LT((DpdkVersion{24, 11, 1}), (DpdkVersion{24, 11, 2}));
  EXPECT_LT((DpdkVersion{24, 7, 9}), (DpdkVersion{24, 11, 0}));
  EXPECT_LT((DpdkVersion{24, 11, 2}), (DpdkVersion{25, 3, 0}));
}

}  // namespace
}  // namespace natto
