#include "inspect/border.hpp"

#include <gtest/gtest.h>

#include "inspect/tables.hpp"

namespace natto {
namespace {

using test::ip;

/// "company-b -> company-a"; empty: not between two mappings.
std::string ends(const Border& border, const char* source, const char* destination,
                 std::string_view realm = "") {
  const auto found = border.ends_of(ip(source), ip(destination), realm);
  return found ? border.mapping(found->sender.mapping).name + " -> " +
                     border.mapping(found->reader.mapping).name
               : "";
}

/// "10.33.1.151 of company-b"; empty: nothing is wrong with it.
std::string told(Border& border, const char* source, const char* destination, const char* address,
                 std::string_view realm = "") {
  const auto found = border.ends_of(ip(source), ip(destination), realm);
  if (!found) {
    return "not between mappings";
  }
  const auto judged = border.judge(*found, ip(address));
  return judged ? to_string(judged->should_be) + " of " + border.mapping(judged->mapping).name : "";
}

constexpr const char* kA = "10.32.1.157";
constexpr const char* kAMapped = "10.33.1.145";
constexpr const char* kB = "10.34.1.125";
constexpr const char* kBMapped = "10.33.1.151";

class OneArm : public testing::Test {
 protected:
  const std::vector<Mapping> mappings_ = test::one_arm();
  Border border_{mappings_, {"middle"}};
};

class TwoArm : public testing::Test {
 protected:
  const std::vector<Mapping> mappings_ = test::two_arm();
  Border border_{mappings_, {"company-a", "company-b"}};
};

TEST_F(OneArm, KnowsBothEndsBeforeAndBehindNatto) {
  EXPECT_EQ(ends(border_, kA, kBMapped), "company-a -> company-b");
  EXPECT_EQ(ends(border_, kAMapped, kB), "company-a -> company-b");
  EXPECT_EQ(ends(border_, kB, kAMapped), "company-b -> company-a");
  EXPECT_EQ(ends(border_, "10.34.17.3", kAMapped), "b-offices -> company-a");
  EXPECT_EQ(ends(border_, kAMapped, "10.34.17.3"), "company-a -> b-offices");
  EXPECT_EQ(ends(border_, kA, "10.50.17.3"), "company-a -> b-offices");
}

TEST_F(OneArm, LeavesPacketsAloneThatDoNotPassNatto) {
  EXPECT_EQ(ends(border_, kA, kB), "");
  EXPECT_EQ(ends(border_, kA, "10.32.1.158"), "");
  EXPECT_EQ(ends(border_, kAMapped, kBMapped), "");
  EXPECT_EQ(ends(border_, "192.0.2.1", kBMapped), "");
  EXPECT_EQ(ends(border_, kA, "192.0.2.1"), "");
}

TEST_F(OneArm, OnesOwnRealAddressIsFoundOnEitherSideOfNatto) {
  EXPECT_EQ(told(border_, kB, kAMapped, kB), "10.33.1.151 of company-b");
  EXPECT_EQ(told(border_, kBMapped, kA, kB), "10.33.1.151 of company-b");
  EXPECT_EQ(told(border_, kA, kBMapped, kA), "10.33.1.145 of company-a");
}

TEST_F(OneArm, AnAddressToldBackToItsOwnerIsNone) {
  EXPECT_EQ(told(border_, kB, kAMapped, kA), "");
  EXPECT_EQ(told(border_, kBMapped, kA, kA), "");
  EXPECT_EQ(told(border_, kAMapped, "10.34.17.3", "10.34.17.4"), "");  // of the same prefix
}

TEST_F(OneArm, MappedAndForeignAddressesAreNone) {
  EXPECT_EQ(told(border_, kB, kAMapped, kBMapped), "");
  EXPECT_EQ(told(border_, kB, kAMapped, kAMapped), "");
  EXPECT_EQ(told(border_, kB, kAMapped, "192.0.2.1"), "");
}

TEST_F(OneArm, AThirdHostsAddressIsOfTheSideThatItIsNearTo) {
  EXPECT_EQ(told(border_, kB, kAMapped, "10.34.1.126"), "10.33.1.152 of b-second");
  EXPECT_EQ(told(border_, kB, kAMapped, "10.34.20.9"), "10.50.20.9 of b-offices");
  EXPECT_EQ(told(border_, kB, kAMapped, "10.32.1.158"), "");  // A's neighbour, told to A
  EXPECT_EQ(told(border_, kA, kBMapped, "10.32.1.158"), "10.33.1.146 of a-second");
}

TEST_F(OneArm, AHostThatTalksToItselfByItsMappedAddressTellsNobody) {
  EXPECT_EQ(told(border_, kB, kBMapped, kB), "");
  EXPECT_EQ(told(border_, kBMapped, kB, kB), "");
}

TEST(OneArmFarOff, AnAddressNearToNeitherSideIsOfWhoToldItFirst) {
  const std::vector<Mapping> mappings = {test::mapping("a", 0, "10.32.1.157", "192.0.2.1"),
                                         test::mapping("b", 0, "10.32.1.156", "192.0.2.2"),
                                         test::mapping("far", 0, "172.16.0.1", "192.0.2.3")};
  Border border(mappings, {"middle"});
  EXPECT_EQ(told(border, "10.32.1.156", "192.0.2.1", "172.16.0.1"), "192.0.2.3 of far");
  EXPECT_EQ(told(border, "10.32.1.157", "192.0.2.2", "172.16.0.1"), "");
  EXPECT_EQ(told(border, "192.0.2.2", "10.32.1.157", "172.16.0.1"), "192.0.2.3 of far");
}

TEST_F(TwoArm, TheSameRealAddressIsOfTheOtherSide) {
  EXPECT_EQ(ends(border_, "10.0.1.10", "100.64.2.10"), "a -> b");
  EXPECT_EQ(ends(border_, "10.0.1.10", "100.64.1.10"), "b -> a");
  EXPECT_EQ(ends(border_, "100.64.1.10", "10.0.1.10"), "a -> b");
  EXPECT_EQ(ends(border_, "10.0.1.10", "100.64.2.10", "company-a"), "a -> b");
  EXPECT_EQ(ends(border_, "10.0.1.10", "100.64.2.10", "company-b"), "b -> b");  // a hairpin
}

TEST_F(TwoArm, AnAddressOfTheSendersSideIsFound) {
  EXPECT_EQ(told(border_, "10.2.0.7", "100.64.1.7", "10.2.0.7"), "100.64.2.7 of b-only");
  EXPECT_EQ(told(border_, "10.0.1.10", "100.64.1.7", "10.2.0.7"), "100.64.2.7 of b-only");
  EXPECT_EQ(told(border_, "10.2.0.7", "100.64.1.7", "10.1.0.7"), "");
  EXPECT_EQ(told(border_, "10.0.1.10", "100.64.1.7", "10.1.0.7"), "");
}

TEST_F(TwoArm, OfAnAddressOnBothSidesAHostMeansItself) {
  // b says its own, which is a's too, to another host of A.
  EXPECT_EQ(told(border_, "10.0.1.10", "100.64.1.7", "10.0.1.10"), "100.64.2.10 of b");
  // b-only tells a what is a's own.
  EXPECT_EQ(told(border_, "10.2.0.7", "100.64.1.10", "10.0.1.10"), "");
}

TEST_F(TwoArm, OfAnAddressThatBothEndsHaveTheFirstToSayItMeansItself) {
  EXPECT_EQ(told(border_, "10.0.1.10", "100.64.1.10", "10.0.1.10"), "100.64.2.10 of b");
  EXPECT_EQ(told(border_, "10.0.1.10", "100.64.2.10", "10.0.1.10"), "");
  EXPECT_EQ(told(border_, "100.64.2.10", "10.0.1.10", "10.0.1.10"), "100.64.2.10 of b");
  // Of a third host likewise.
  EXPECT_EQ(told(border_, "10.1.0.7", "100.64.2.7", "10.0.17.1"), "100.64.17.1 of a-offices");
  EXPECT_EQ(told(border_, "10.2.0.7", "100.64.1.7", "10.0.17.1"), "");
}

TEST_F(TwoArm, HostsOfOneSideReachEachOther) {
  EXPECT_EQ(ends(border_, "10.2.0.7", "100.64.2.10"), "b-only -> b");
  EXPECT_EQ(told(border_, "10.2.0.7", "100.64.2.10", "10.2.0.7"), "");
  EXPECT_EQ(told(border_, "10.2.0.7", "100.64.2.10", "10.1.0.7"), "100.64.1.7 of a-only");
}

/// a5 and b5 have the same real address, a9 and b9 too; c1's real address is a7's mapped one.
class ThreeArm : public testing::Test {
 protected:
  const std::vector<Mapping> mappings_ = {test::mapping("a5", 0, "10.0.0.5", "100.65.1.5"),
                                          test::mapping("b5", 1, "10.0.0.5", "100.65.2.5"),
                                          test::mapping("a9", 0, "10.0.0.9", "100.65.1.9"),
                                          test::mapping("b9", 1, "10.0.0.9", "100.65.2.9"),
                                          test::mapping("c1", 2, "10.9.0.1", "100.65.3.1"),
                                          test::mapping("a7", 0, "10.0.7.7", "10.9.0.1")};
  Border border_{mappings_, {"a", "b", "c"}};
};

TEST_F(ThreeArm, WhereACaptureWasTakenTellsWhoseAddressItIs) {
  EXPECT_EQ(ends(border_, "10.0.0.5", "100.65.3.1", "b"), "b5 -> c1");
  EXPECT_EQ(told(border_, "10.0.0.5", "100.65.3.1", "10.0.0.9", "b"), "100.65.2.9 of b9");
  EXPECT_EQ(ends(border_, "10.0.0.5", "100.65.3.1", "a"), "a5 -> c1");
}

TEST_F(ThreeArm, AnAddressOfSeveralRealmsIsNotCertain) {
  const auto certain = [&](const char* source, const char* destination, std::string_view realm) {
    return border_.ends_of(test::ip(source), test::ip(destination), realm).value().certain;
  };
  EXPECT_FALSE(certain("10.0.0.5", "100.65.3.1", ""));
  EXPECT_FALSE(certain("100.65.3.1", "10.0.0.5", ""));
  EXPECT_TRUE(certain("10.0.0.5", "100.65.3.1", "b"));
  EXPECT_TRUE(certain("10.0.0.5", "100.65.2.5", ""));  // b5's own realm is not asked
  EXPECT_TRUE(certain("10.9.0.1", "100.65.2.5", ""));
}

TEST_F(ThreeArm, OnesOwnRealAddressIsNotMeantAsAnothersMappedOne) {
  EXPECT_EQ(told(border_, "100.65.3.1", "10.0.0.5", "10.9.0.1", "a"), "100.65.3.1 of c1");
  EXPECT_EQ(told(border_, "10.9.0.1", "100.65.1.5", "10.9.0.1", "c"), "100.65.3.1 of c1");
  EXPECT_EQ(told(border_, "10.0.0.5", "100.65.3.1", "10.9.0.1", "b"), "");  // to its owner
  EXPECT_EQ(told(border_, "100.65.2.5", "10.0.0.5", "10.9.0.1", "a"), "");  // b5 means a7
  EXPECT_EQ(told(border_, "100.65.3.1", "10.0.7.7", "10.9.0.1", "a"), "");  // a7's own mapped one
}

TEST_F(TwoArm, OnlyRealAddressesAreWorthAJudgement) {
  EXPECT_TRUE(border_.is_real(ip("10.2.0.7")));
  EXPECT_TRUE(border_.is_real(ip("10.0.31.255")));
  EXPECT_FALSE(border_.is_real(ip("10.0.32.0")));
  EXPECT_FALSE(border_.is_real(ip("100.64.2.7")));
}

}  // namespace
}  // namespace natto
