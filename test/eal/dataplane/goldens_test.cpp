// Every packet of every golden, cut into segments anywhere and truncated anywhere.

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "eal/lab.hpp"
#include "support/golden.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::Lab;

using Arrival = test::Golden::Arrival;

/// With every ICMP error that may be made, whatever the clock says.
std::vector<test::Golden> all_goldens() {
  std::vector<test::Golden> goldens = test::all_goldens();
  for (test::Golden& golden : goldens) {
    if (golden.appliance.config.icmp.errors_per_second > 0) {
      golden.appliance.config.icmp.errors_per_second = UINT32_MAX;
      golden.appliance.config.icmp.error_burst = UINT32_MAX;
    }
  }
  return goldens;
}

/// All that leaves when `arrival` comes in, cut as `cuts` say.
std::vector<Bytes> outputs(Lab& lab, const Arrival& arrival, const std::vector<std::size_t>& cuts) {
  lab.receive(arrival.realm, test::make_mbuf(arrival.frame, cuts));
  lab.run();
  std::vector<Bytes> frames;
  for (const PortContext& port : lab.dataplane().ports) {
    std::ranges::move(lab.sent(port.realm), std::back_inserter(frames));
  }
  return frames;
}

TEST(Goldens, R1_RememberedFlowsLeaveAsUnknownOnes) {
  for (const test::Golden& golden : all_goldens()) {
    Lab lab(golden.appliance.config, golden.appliance.table);
    for (const Arrival& arrival : golden.arrivals) {
      lab.forget_flows();
      const std::vector<Bytes> unknown = outputs(lab, arrival, {});
      ASSERT_EQ(unknown, outputs(lab, arrival, {})) << golden.name;
    }
  }
}

TEST(Goldens, H14_SplitAtEveryOffsetLeaveAsInOnePiece) {
  std::size_t packets = 0;
  for (const test::Golden& golden : all_goldens()) {
    Lab lab(golden.appliance.config, golden.appliance.table);
    for (const Arrival& arrival : golden.arrivals) {
      const std::vector<Bytes> linear = outputs(lab, arrival, {});
      const std::size_t size = arrival.frame.size();
      for (std::size_t cut = 1; cut <= std::min<std::size_t>(128, size); ++cut) {
        ASSERT_EQ(linear, outputs(lab, arrival, {cut})) << golden.name << " cut at " << cut;
      }
      ASSERT_EQ(linear, outputs(lab, arrival,
                                std::vector<std::size_t>(std::min<std::size_t>(size, 200), 1)))
          << golden.name << " in one-byte segments";
      ASSERT_EQ(linear, outputs(lab, arrival, {size, 0})) << golden.name << " with an empty tail";
      ++packets;
    }
  }
  EXPECT_GT(packets, 300U);
}

TEST(Goldens, R13_H8_EveryTruncationIsAccountedFor) {
  for (const test::Golden& golden : all_goldens()) {
    Lab lab(golden.appliance.config, golden.appliance.table);
    for (const Arrival& arrival : golden.arrivals) {
      for (std::size_t length = 0; length < std::min<std::size_t>(arrival.frame.size(), 200);
           ++length) {
        const Bytes frame(arrival.frame.begin(), arrival.frame.begin() + static_cast<long>(length));
        static_cast<void>(outputs(lab, {arrival.realm, frame}, {}));
      }
    }
    const CounterSums sums = lab.counters();
    EXPECT_EQ(sums.received, sums.translated + sums.consumed + sums.dropped()) << golden.name;
  }
}

}  // namespace
}  // namespace natto
