#include "record/recorder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "eal/lab.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::frame_of;
using test::kA;
using test::Lab;
using test::make_udp;
using test::make_version;
using test::start_with;

std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "natto-record-XXXXXX").string();
  return mkdtemp(name.data());
}

Config recorded_in(const std::filesystem::path& file) {
  Config config;
  config.ports.resize(2);
  config.ports[0].realm = "a";
  config.ports[1].realm = "b";
  config.log.refused = true;
  config.log.refused_file = file;
  return config;
}

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() { start_with(lab_.dataplane(), *version_); }
  ~RecorderTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> found;
    std::ifstream file(*config_.log.refused_file);
    for (std::string line; std::getline(file, line);) {
      found.push_back(nlohmann::json::parse(line));
    }
    return found;
  }
  void send(std::size_t packets) {
    for (std::size_t i = 0; i < packets; ++i) {
      lab_.receive(kA, frame_of(make_udp({}, {})));
    }
    lab_.run();
  }

  const Lab::Options options_{.rules = {.denies = true}, .records_refusals = true};
  const std::filesystem::path folder_ = make_folder();
  const Config config_ = recorded_in(folder_ / "refused.log");
  Lab lab_{options_};
  std::shared_ptr<const LoadedTable> version_ =
      make_version(2, options_.mappings, "", options_.rules);
  LiveTable live_table_{lab_.dataplane(), version_};
  Recorder recorder_{config_, lab_.dataplane(), live_table_};
};

TEST_F(RecorderTest, WritesANewFlowWithinSecondsAndTheRestAtTheEnd) {
  recorder_.start({0});
  send(3);
  for (int i = 0; i < 1000 && lines().empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_EQ(lines()[0]["refused"], "new");
  EXPECT_EQ(lines()[0]["realm"], "a");
  EXPECT_EQ(lines()[0]["source_mapping"], "host-a");
  EXPECT_EQ(lines()[0]["destination_real"], "192.168.7.20");
  EXPECT_EQ(lines()[0]["packets"], 3);
  send(2);
  recorder_.stop();
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_EQ(lines()[1]["refused"], "goes on");
  EXPECT_EQ(lines()[1]["packets"], 2);
}

TEST_F(RecorderTest, WhatIsNotLookedAtIsAmongTheOthers) {
  constexpr std::size_t kPackets = 3 * RefusedFlows::kLooksPerMillisecond;
  for (std::size_t sent = 0; sent < kPackets; sent += 500) {
    send(500);
  }
  recorder_.start({0});
  recorder_.stop();
  std::uint64_t told = 0;
  for (const nlohmann::json& line : lines()) {
    EXPECT_EQ(line["reason"], "not_allowed");
    told += line["packets"].get<std::uint64_t>();
  }
  EXPECT_EQ(told, kPackets);
}

TEST_F(RecorderTest, AFileThatCannotBeWrittenIsNoReasonToStop) {
  std::filesystem::remove_all(folder_);
  recorder_.start({0});
  send(1);
  recorder_.stop();
  EXPECT_EQ(lab_.dropped(DropReason::kNotAllowed), 1U);
}

}  // namespace
}  // namespace natto
