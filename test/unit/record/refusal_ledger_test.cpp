#include "record/refusal_ledger.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "packet/wire.hpp"

namespace natto {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Kind = Refusal::Kind;

constexpr RefusalLedger::Limits kSmall = {.flows = 4, .new_lines = 3, .goes_on_lines = 2};

RefusedFlow flow(std::uint16_t port, DropReason reason = DropReason::kNotAllowed) {
  return {.source = Ipv4Address::of(10, 1, 1, 10),
          .destination = Ipv4Address::of(172, 30, 7, 20),
          .reason = reason,
          .protocol = protocol::kTcp,
          .destination_port = port};
}

std::string text(const std::vector<Refusal>& lines) {
  std::string all;
  for (const Refusal& line : lines) {
    const char* kind = line.kind == Kind::kNew      ? "new"
                       : line.kind == Kind::kGoesOn ? "on"
                                                    : "others";
    all += fmt::format("{} {} {}/{}\n", kind, line.flow.destination_port, line.count.packets,
                       line.count.bytes);
  }
  return all;
}

class RefusalLedgerTest : public testing::Test {
 protected:
  void count(std::uint16_t port, std::uint64_t packets, Instant now) {
    ledger_.count(flow(port), {packets, 60 * packets}, now);
  }

  RefusalLedger ledger_{Instant{0}, kSmall};
};

TEST_F(RefusalLedgerTest, ANewFlowHasALineAtOnceAndOneThatGoesOnEachMinute) {
  count(22, 3, seconds(1));
  EXPECT_EQ(text(ledger_.due(seconds(1))), "new 22 3/180\n");
  count(22, 1, seconds(2));
  count(22, 4, seconds(59));
  EXPECT_EQ(text(ledger_.due(seconds(59))), "");
  EXPECT_EQ(text(ledger_.due(minutes(1))), "on 22 5/300\n");
  EXPECT_EQ(text(ledger_.due(minutes(2))), "") << "nothing more happened";
  count(22, 2, minutes(2));
  EXPECT_EQ(text(ledger_.due(minutes(3))), "on 22 2/120\n");
}

TEST_F(RefusalLedgerTest, AFlowThatWasSilentForTenMinutesIsNewAgain) {
  count(22, 1, seconds(1));
  EXPECT_EQ(text(ledger_.due(seconds(1))), "new 22 1/60\n");
  EXPECT_EQ(text(ledger_.due(minutes(9))), "");
  count(22, 1, minutes(10));
  EXPECT_EQ(text(ledger_.due(minutes(10))), "on 22 1/60\n");
  EXPECT_EQ(text(ledger_.due(minutes(20))), "");
  count(22, 1, minutes(20));
  EXPECT_EQ(text(ledger_.due(minutes(20))), "new 22 1/60\n");
}

TEST_F(RefusalLedgerTest, NoMoreLinesOfNewFlowsAreWrittenInAMinuteThanThereMayBe) {
  for (std::uint16_t port = 1; port <= 4; ++port) {
    count(port, port, seconds(1));
  }
  EXPECT_EQ(text(ledger_.due(seconds(1))), "new 1 1/60\nnew 2 2/120\nnew 3 3/180\n");
  EXPECT_EQ(text(ledger_.due(minutes(1))), "new 4 4/240\n") << "with the counts, as new as it is";
  count(4, 1, minutes(1));
  EXPECT_EQ(text(ledger_.due(minutes(2))), "on 4 1/60\n");
}

TEST_F(RefusalLedgerTest, OfThoseThatGoOnTheLargestHaveALineAndTheRestIsCountedAmongTheOthers) {
  for (std::uint16_t port = 1; port <= 3; ++port) {
    count(port, 1, seconds(1));
  }
  static_cast<void>(ledger_.due(seconds(1)));
  count(1, 7, seconds(2));
  count(2, 9, seconds(2));
  count(3, 8, seconds(2));
  EXPECT_EQ(text(ledger_.due(minutes(1))), "on 2 9/540\non 3 8/480\nothers 0 7/0\n");
  EXPECT_EQ(text(ledger_.due(minutes(2))), "");
}

TEST_F(RefusalLedgerTest, AStormOfFlowsTakesTheRoomOfSilentOnesAndNoMore) {
  for (std::uint16_t port = 1; port <= 3; ++port) {
    count(port, 1, seconds(1));
  }
  static_cast<void>(ledger_.due(seconds(1)));
  // Three are told and silent; one more has room, and three take that of the silent ones.
  for (std::uint16_t port = 100; port < 110; ++port) {
    count(port, 1, seconds(2));
  }
  EXPECT_EQ(text(ledger_.due(minutes(1))), "new 103 1/60\nnew 102 1/60\nothers 0 8/0\n");
  count(1, 1, minutes(1));
  EXPECT_EQ(text(ledger_.due(minutes(1))), "new 1 1/60\n") << "it was forgotten, not its packets";
}

TEST_F(RefusalLedgerTest, AMinuteOfAStormHasNoMoreLinesThanTheLimitsSay) {
  RefusalLedger ledger(Instant{0});
  std::uint64_t told = 0;
  const RefusalLedger::Limits limits;
  for (int minute = 0; minute < 3; ++minute) {
    std::size_t lines = 0;
    for (int second = 1; second <= 60; ++second) {
      const Instant now = minutes(minute) + seconds(second);
      for (int i = 0; i < 2000; ++i) {
        ledger.count(flow(static_cast<std::uint16_t>(2000 * second + i)), {1, 60}, now);
      }
      for (const Refusal& line : ledger.due(now)) {
        ++lines;
        told += line.count.packets;
      }
    }
    EXPECT_LE(lines, limits.new_lines + limits.goes_on_lines + 1);
  }
  EXPECT_EQ(told, 3 * 60 * 2000U) << "and every packet is in one of them";
}

TEST_F(RefusalLedgerTest, OthersHaveALineForEachReasonWhenTheMinuteEnds) {
  ledger_.count_others(DropReason::kOverLimit, 5);
  ledger_.count_others(DropReason::kNotAllowed, 3);
  ledger_.count_others(DropReason::kNotAllowed, -1);
  ledger_.count_others(DropReason::kSourceNotMapped, -2);
  EXPECT_EQ(text(ledger_.due(seconds(59))), "");
  const auto lines = ledger_.due(minutes(1));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].flow.reason, DropReason::kNotAllowed);
  EXPECT_EQ(lines[0].count.packets, 2U);
  EXPECT_EQ(lines[1].flow.reason, DropReason::kOverLimit);
  EXPECT_EQ(lines[1].count.packets, 5U);
  ledger_.count_others(DropReason::kSourceNotMapped, 3);
  EXPECT_EQ(text(ledger_.due(minutes(2))), "others 0 1/0\n") << "two were told before they came";
}

TEST_F(RefusalLedgerTest, TheRestIsAllThatIsNotTold) {
  count(22, 1, seconds(1));
  static_cast<void>(ledger_.due(seconds(1)));
  count(22, 2, seconds(2));
  count(23, 1, seconds(2));
  ledger_.count_others(DropReason::kOverLimit, 5);
  EXPECT_EQ(text(ledger_.rest()), "new 23 1/60\non 22 2/120\nothers 0 5/0\n");
  EXPECT_EQ(text(ledger_.rest()), "");
}

TEST_F(RefusalLedgerTest, AnotherReasonIsAnotherFlowAndAnotherSourcePortIsNot) {
  ledger_.count(flow(22, DropReason::kNotAllowed), {1, 60}, seconds(1));
  ledger_.count(flow(22, DropReason::kOverLimit), {1, 60}, seconds(1));
  RefusedFlow again = flow(22);
  again.source_port = 5;
  ledger_.count(again, {1, 60}, seconds(1));
  EXPECT_EQ(text(ledger_.rest()), "new 22 1/60\nnew 22 1/60\non 22 1/60\n");
}

}  // namespace
}  // namespace natto
