#include "base/nearest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace natto {
namespace {

constexpr std::array<std::string_view, 4> kKeys = {"realm", "real", "mapped", "source_not_mapped"};

TEST(Nearest, FindsTheTypo) {
  EXPECT_EQ(nearest("maped", kKeys), "mapped");
  EXPECT_EQ(nearest("rael", kKeys), "real");
  EXPECT_EQ(nearest("source_not_map", kKeys), "source_not_mapped");
}

TEST(Nearest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest("bandwidth", kKeys), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace natto
