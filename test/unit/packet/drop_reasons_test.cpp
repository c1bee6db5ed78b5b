#include "packet/drop_reasons.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

namespace natto {
namespace {

TEST(DropReasons, AreNamedOnceAndExplained) {
  std::set<std::string_view> names;
  for (const DropReasonInfo& reason : kDropReasons) {
    EXPECT_TRUE(names.insert(reason.name).second) << reason.name;
    EXPECT_TRUE(std::regex_match(std::string(reason.name), std::regex("[a-z][a-z0-9_]*")));
    EXPECT_TRUE(std::regex_match(std::string(reason.requirement), std::regex("[RH][0-9]+")));
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
