#include "base/hex.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

TEST(Hex, BytesSurviveTheWayThroughDigits) {
  const std::vector<std::uint8_t> bytes = {0x00, 0x0f, 0xa5, 0xff};
  EXPECT_EQ(to_hex(bytes), "000fa5ff");
  EXPECT_EQ(from_hex("000fA5ff"), bytes);
  EXPECT_EQ(from_hex(""), std::vector<std::uint8_t>());
}

TEST(Hex, RefusesWhatIsNoPairsOfDigits) {
  for (const char* wrong : {"0", "000", "0g", "g0", " 0", "0x", "-1", "+1"}) {
    EXPECT_FALSE(from_hex(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace natto
