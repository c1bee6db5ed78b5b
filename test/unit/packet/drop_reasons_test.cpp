#include "packet/drop_reasons.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace natto {
namespace {

TEST(DropReasons, AreNamedOnceAndExplained) {
  std::set<std::string_view> names;
  for (const DropReasonInfo& reason : kDropReasons) {
    EXPECT_TRUE(names.insert(reason.name).second) << reason.name;
    EXPECT_EQ(reason.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"),
              std::string_view::npos);
    EXPECT_NE(std::string_view("RHP").find(reason.requirement.front()), std::string_view::npos);
    EXPECT_FALSE(reason.meaning.empty());
    EXPECT_FALSE(reason.advice.empty());
  }
}

TEST(DropReasons, IndexTheirTable) {
  EXPECT_EQ(info(DropReason::kTtlExpired).name, "ttl_expired");
  EXPECT_EQ(info(DropReason::kEthernetHeaderTruncated).name, "ethernet_header_truncated");
}

}  // namespace
}  // namespace natto
