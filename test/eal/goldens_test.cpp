// Every packet of every golden, cut into segments anywhere and truncated anywhere.

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "config/loader.hpp"
#include "eal/lab.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::Lab;

struct Arrival {
  RealmId realm;
  Bytes frame;
};

struct Golden {
  std::string name;
  Appliance appliance;
  std::vector<Arrival> arrivals;
};

std::vector<Bytes> read_frames(const std::filesystem::path& file) {
  char error[PCAP_ERRBUF_SIZE];
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(
      pcap_open_offline(file.c_str(), error), &pcap_close);
  EXPECT_NE(capture, nullptr) << file;
  std::vector<Bytes> frames;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  while (capture != nullptr && pcap_next_ex(capture.get(), &header, &bytes) == 1) {
    frames.emplace_back(bytes, bytes + header->caplen);
  }
  return frames;
}

std::vector<Golden> all_goldens() {
  std::vector<Golden> goldens;
  for (const auto& entry :
       std::filesystem::directory_iterator(NATTO_SOURCE_FOLDER "/test/golden")) {
    if (!std::filesystem::exists(entry.path() / "natto.toml")) {
      continue;
    }
    Golden golden{.name = entry.path().filename(),
                  .appliance = load_appliance(entry.path() / "natto.toml").value(),
                  .arrivals = {}};
    const Config& config = golden.appliance.config;
    if (golden.appliance.config.icmp.errors_per_second > 0) {
      golden.appliance.config.icmp.errors_per_second = UINT32_MAX;
      golden.appliance.config.icmp.error_burst = UINT32_MAX;
    }
    for (RealmId realm = 0; realm < config.ports.size(); ++realm) {
      const auto capture = entry.path() / ("in-" + config.ports[realm].realm + ".pcap");
      if (std::filesystem::exists(capture)) {
        for (Bytes& frame : read_frames(capture)) {
          golden.arrivals.push_back({realm, std::move(frame)});
        }
      }
    }
    goldens.push_back(std::move(golden));
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
  for (const Golden& golden : all_goldens()) {
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
  for (const Golden& golden : all_goldens()) {
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
  for (const Golden& golden : all_goldens()) {
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
