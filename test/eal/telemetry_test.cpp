// The answers of doc/telemetry.md, asked for without the socket.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rte_cycles.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "config/table_digest.hpp"
#include "eal/fake_ena.hpp"
#include "eal/lab.hpp"
#include "support/packets.hpp"
#include "telemetry/answers.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_mapping;
using test::make_udp;

/// DPDK's limit for one answer.
constexpr std::size_t kMaxAnswerBytes = 16'384;

std::string mapping_text(const Mapping& mapping) {
  return fmt::format("[[mapping]]\nname = \"{}\"\nrealm = \"{}\"\nreal = \"{}\"\nmapped = \"{}\"\n",
                     mapping.name, mapping.realm == kA ? "company-a" : "company-b",
                     to_string(mapping.real), to_string(mapping.mapped));
}

/// A running appliance without its sockets: what its telemetry would answer.
class TelemetryTest : public testing::Test {
 protected:
  TelemetryTest() {
    std::string name = (std::filesystem::temp_directory_path() / "natto-telemetry-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    // A name that was probed once stays DPDK's.
    static int devices = 0;
    config_.ports.resize(2);
    config_.ports[kA] = {.realm = "company-a",
                         .device = fmt::format("net_null{}", devices++),
                         .address = parse_ipv4_prefix("10.1.0.1/16").value(),
                         .gateway = Ipv4Address::of(10, 1, 0, 254),
                         .gateway_mac = {}};
    config_.ports[kB] = {.realm = "company-b",
                         .device = fmt::format("net_null{}", devices++),
                         .address = parse_ipv4_prefix("192.168.0.1/16").value(),
                         .gateway = {},
                         .gateway_mac = test::kNextHopB};
    config_.table_file = folder_ / "mappings.toml";
  }
  ~TelemetryTest() override {
    reloader_->stop();
    std::filesystem::remove_all(folder_);
  }

  void run_with(std::vector<Mapping> mappings) {
    write(mappings);
    const MappingTable table{std::move(mappings)};
    lab_.emplace(Lab::Options{.mappings = table.mappings});
    auto version = test::make_version(1, table.mappings, table_digest(table, config_));
    Dataplane& dataplane = lab_->dataplane();
    test::start_with(dataplane, *version);
    live_.emplace(dataplane, std::move(version));
    for (const PortConfig& port : config_.ports) {
      ports_.push_back(Port::open({.device = port.device, .pools = {test::shared_pool()}}).value());
    }
    for (const RealmId realm : {kA, kB}) {
      supervisors_.push_back(
          PortSupervisor::create("port", ports_[realm], realm, dataplane).value());
    }
    // The file is not followed in the middle of a test.
    reloader_.emplace(config_, dataplane, *live_,
                      Reloader::Patience{.debounce = std::chrono::hours(1)});
    ASSERT_TRUE(reloader_->start({0}).ok());
    commands_ = appliance_commands({.config = config_,
                                    .dataplane = dataplane,
                                    .ports = ports_,
                                    .supervisors = supervisors_,
                                    .live_table = *live_,
                                    .rates = rates_,
                                    .monitor = monitor_,
                                    .reloader = *reloader_});
  }
  void write(const std::vector<Mapping>& mappings) {
    std::string text;
    for (const Mapping& mapping : mappings) {
      text += mapping_text(mapping);
    }
    std::ofstream(config_.table_file) << text;
  }

  [[nodiscard]] Json ask(std::string_view command, std::string_view parameters = "") const {
    const auto found = std::ranges::find(commands_, command, &TelemetryCommand::name);
    const Json answer = found->answer(parameters);
    EXPECT_LT(answer.dump().size(), kMaxAnswerBytes) << command;
    return answer;
  }

  const std::vector<Mapping> kTwo = {make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10"),
                                     make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20")};

  std::filesystem::path folder_;
  Config config_;
  std::optional<Lab> lab_;
  std::optional<LiveTable> live_;
  std::optional<test::FakeEna> card_;
  std::vector<Port> ports_;
  std::vector<std::unique_ptr<PortSupervisor>> supervisors_;
  Rates rates_;
  PortMonitor monitor_{{"company-a", "company-b"}};
  std::optional<Reloader> reloader_;
  std::vector<TelemetryCommand> commands_;
};

TEST_F(TelemetryTest, TableSaysWhatRuns) {
  run_with({kTwo[0], make_mapping("net-b", kB, "192.168.16.0/20", "172.30.16.0/20")});
  const Json table = ask("/natto/table");
  EXPECT_EQ(table["generation"], 1);
  EXPECT_EQ(table["mappings"], 2);
  EXPECT_EQ(table["hosts"], 1);
  EXPECT_EQ(table["prefixes"], 1);
  EXPECT_EQ(table["addresses"], 1 + 4096);
  EXPECT_EQ(table["digest"], live_->current()->digest);
  EXPECT_GT(table["memory_bytes"], 0);
  EXPECT_EQ(table["trigger"], "start");
}

TEST_F(TelemetryTest, MappingsCarryTheirCounters) {
  run_with(kTwo);
  lab_->receive(kA, frame_of(make_udp({}, test::Bytes(72))));
  lab_->run();
  const Json page = ask("/natto/mappings", "0");
  EXPECT_EQ(page["name"], Json({"host-a", "host-b"}));
  EXPECT_EQ(page["realm"], Json({"company-a", "company-b"}));
  EXPECT_EQ(page["real"], Json({"10.1.1.10", "192.168.7.20"}));
  EXPECT_EQ(page["mapped"], Json({"172.31.1.10", "172.30.7.20"}));
  EXPECT_EQ(page["from_packets"], Json({1, 0}));
  EXPECT_EQ(page["from_bytes"], Json({100, 0}));
  EXPECT_EQ(page["to_packets"], Json({0, 1}));
  EXPECT_EQ(page["to_bytes"], Json({0, 100}));
  const auto now =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
  EXPECT_GT(page["from_last_ms"][0].get<std::uint64_t>(), now - 60'000);
  EXPECT_LE(page["from_last_ms"][0].get<std::uint64_t>(), now);
  EXPECT_EQ(page["from_last_ms"][1], 0);
  EXPECT_EQ(page["end"], 1);
}

TEST_F(TelemetryTest, PagesOfTheLongestNamesFitAndJoin) {
  std::vector<Mapping> mappings;
  for (int i = 0; i < 500; ++i) {
    mappings.push_back(
        make_mapping(fmt::format("{:0>64}", i), kA,
                     fmt::format("10.200.{}.{}", 100 + i / 100, 100 + i % 100).c_str(),
                     fmt::format("172.200.{}.{}", 100 + i / 100, 100 + i % 100).c_str()));
  }
  run_with(mappings);
  std::vector<std::string> names;
  std::string first = "0";
  while (true) {
    const Json page = ask("/natto/mappings", first);
    for (const Json& name : page["name"]) {
      names.push_back(name);
    }
    if (page["end"] == 1) {
      break;
    }
    first = page["next"].dump();
  }
  ASSERT_EQ(names.size(), 500U);
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(names[i], mappings[i].name);
  }
}

TEST_F(TelemetryTest, MappingsAreFilteredByNameAddressAndPrefix) {
  run_with({kTwo[0], kTwo[1], make_mapping("net-b", kB, "192.168.16.0/20", "172.30.16.0/20")});
  EXPECT_EQ(ask("/natto/mappings", "0,host-b")["name"], Json({"host-b"}));
  EXPECT_EQ(ask("/natto/mappings", "0,10.1.1.10")["name"], Json({"host-a"}));
  EXPECT_EQ(ask("/natto/mappings", "0,172.30.17.1")["name"], Json({"net-b"}));
  EXPECT_EQ(ask("/natto/mappings", "0,172.30.0.0/16")["name"], Json({"host-b", "net-b"}));
  EXPECT_EQ(ask("/natto/mappings", "0,nobody")["name"], Json::array());
  EXPECT_EQ(ask("/natto/mappings", "99")["end"], 1);
}

TEST_F(TelemetryTest, DropsHaveCountsAndRates) {
  run_with(kTwo);
  rates_.sample(Instant(1'000), {});
  for (int i = 0; i < 6; ++i) {
    lab_->receive(kA, frame_of(make_udp({.destination = "172.30.99.99"}, {})));
  }
  lab_->run();
  rates_.sample(Instant(3'000), lab_->counters());
  EXPECT_EQ(ask("/natto/drops"),
            Json({{"destination_not_mapped", {{"packets", 6}, {"per_second", 3}}}}));
  const Json counters = ask("/natto/counters");
  EXPECT_EQ(counters["received"], 6);
  EXPECT_EQ(counters["dropped"], 6);
  EXPECT_EQ(counters["dropped_per_second"], 3);
}

TEST_F(TelemetryTest, PortsAndWorkers) {
  run_with(kTwo);
  monitor_.sample(Instant(0), ports_, PortSet::first(2));
  const Json ports = ask("/natto/ports");
  EXPECT_LT(ports["0"].dump().size() * kMaxPorts, kMaxAnswerBytes) << "however many there are";
  EXPECT_EQ(ports["0"]["realm"], "company-a");
  EXPECT_EQ(ports["0"]["driver"], "net_null");
  EXPECT_EQ(ports["0"]["checksum_offload"], "off");
  EXPECT_EQ(ports["0"]["state"], "up");
  EXPECT_EQ(ports["0"]["link"], "up");
  const Json port = ask("/natto/port", "0");
  EXPECT_EQ(port["resets"], 0);
  EXPECT_EQ(port["reset_cause"], "");
  EXPECT_EQ(ports["0"]["next_hop"], "10.1.0.254");
  EXPECT_EQ(ports["1"]["next_hop"], "static");
  lab_->dataplane().activity[0].record(true, 100, 350);
  lab_->dataplane().activity[0].record(false, 350, 400);
  const Json worker = ask("/natto/workers")["workers"]["0"];
  EXPECT_EQ(worker["polls"], 2);
  EXPECT_EQ(worker["busy_polls"], 1);
  EXPECT_EQ(worker["cycles"], 300);
  EXPECT_EQ(worker["busy_cycles"], 250);
  EXPECT_EQ(worker["longest_gap_cycles"], 250);
  EXPECT_EQ(worker["stalled"], 1) << "its last poll was when the machine started";
}

TEST_F(TelemetryTest, PortsSayHowTheyWereConfigured) {
  config_.ports[kA].device = card_.emplace().device() + ",llq_policy=1";
  run_with(kTwo);
  for (int i = 0; i < 2; ++i) {
    monitor_.sample(Instant(0), ports_, PortSet::first(2));
  }
  Json ena = ask("/natto/ports")["0"];
  ena.update(ask("/natto/port", "0"));
  EXPECT_EQ(ena["driver"], "net_ena");
  EXPECT_EQ(ena["device"], config_.ports[kA].device);
  EXPECT_EQ(ena["queues"], 1);
  EXPECT_EQ(ena["rx_descriptors"], 1024);
  EXPECT_EQ(ena["tx_descriptors"], 1024);
  EXPECT_EQ(ena["mtu"], 1500);
  EXPECT_EQ(ena["rss"], "none");
  EXPECT_EQ(ena["checksum_offload"], "on");
  EXPECT_EQ(ena["no_checksum_offload_because"], "");
  EXPECT_EQ(ena["tx_offloads"], "IPV4_CKSUM UDP_CKSUM TCP_CKSUM MULTI_SEGS");
  EXPECT_EQ(ena["link"], "up");
  EXPECT_EQ(ena["speed_mbps"], 0);
}

TEST_F(TelemetryTest, PortCountersSayWhatIsLostAndWhatToDo) {
  config_.ports[kA].device = card_.emplace().device();
  run_with(kTwo);
  EXPECT_EQ(ask("/natto/port", "0")["counters"], Json::object());
  const auto sample = [this](int second) {
    for (int i = 0; i < 2; ++i) {
      monitor_.sample(Instant(1'000 * second), ports_, PortSet::first(2));
    }
  };
  card_->set_counter("conntrack_allowance_exceeded", 5);
  sample(0);
  card_->set_counter("conntrack_allowance_exceeded", 9);
  sample(1);
  card_->set_counter("conntrack_allowance_exceeded", 99);
  const Json counters = ask("/natto/port", "0")["counters"];
  ASSERT_EQ(counters.size(), 1U) << counters;
  EXPECT_EQ(counters["conntrack_allowance_exceeded"]["value"], 9) << "held, not asked for";
  EXPECT_EQ(counters["conntrack_allowance_exceeded"]["last_minute"], 4);
  EXPECT_NE(
      counters["conntrack_allowance_exceeded"]["advice"].get<std::string>().find("security groups"),
      std::string::npos);
  EXPECT_EQ(ask("/natto/port", "1")["counters"], Json::object());
}

TEST_F(TelemetryTest, ReloadsAnswerWithTheirOutcomeAndItsTextInPages) {
  run_with({kTwo[0]});
  std::vector<Mapping> many = {kTwo[0]};
  for (int i = 0; i < 200; ++i) {
    many.push_back(make_mapping(fmt::format("m{:03}", i), kB,
                                fmt::format("192.168.9.{}", i).c_str(),
                                fmt::format("172.30.9.{}", i).c_str()));
  }
  write(many);
  const Json dry = ask("/natto/dry_run", "me, pid 3");
  EXPECT_EQ(dry["ok"], 1);
  EXPECT_EQ(dry["added"], 200);
  EXPECT_EQ(ask("/natto/table")["generation"], 1);
  const Json outcome = ask("/natto/reload", "me, pid 3");
  EXPECT_EQ(outcome["generation"], 2);
  EXPECT_EQ(ask("/natto/table")["who"], "me, pid 3");
  std::string text;
  while (text.size() < outcome["text_bytes"]) {
    const Json page = ask("/natto/text", fmt::format("{},{}", outcome["id"].dump(), text.size()));
    ASSERT_TRUE(page.is_string());
    text += page.get<std::string>();
  }
  EXPECT_EQ(std::ranges::count(text, '\n'), 200);
  EXPECT_EQ(ask("/natto/rollback", "me")["removed"], 200);

  std::ofstream(config_.table_file) << "nonsense";
  const Json refused = ask("/natto/reload", "me");
  EXPECT_EQ(refused["ok"], 0);
  EXPECT_EQ(refused["exit_code"], 1);
  EXPECT_EQ(refused["generation"], 3);
  EXPECT_GT(refused["text_bytes"], 0);
}

TEST_F(TelemetryTest, ExplainsWithTheRunningTable) {
  run_with(kTwo);
  const Json sent = ask("/natto/explain", ",10.1.1.10,172.30.7.20,17,100,64,0");
  EXPECT_EQ(sent["sent"], 1);
  const Json dropped = ask("/natto/explain", "company-a,10.1.1.11,172.30.7.20,17,100,64,0");
  EXPECT_EQ(dropped["sent"], 0);
  EXPECT_EQ(dropped["reason"], "source_not_mapped");
  for (const Json& step : dropped["steps"]) {
    EXPECT_LT(step.get<std::string>().size(), 128U);
  }
  const Json to_natto = ask("/natto/explain", ",10.1.1.10,10.1.0.1,17,100,64,0");
  EXPECT_EQ(to_natto["sent"], 0);
  EXPECT_EQ(to_natto["reason"], "own_address_not_answered");
  const Json ping = ask("/natto/explain", ",10.1.1.10,10.1.0.1,1,100,64,0");
  EXPECT_EQ(ping["sent"], 0);
  EXPECT_EQ(ping["reason"], "");
  EXPECT_TRUE(ask("/natto/explain", "nowhere,10.1.1.11,172.30.7.20,17,100,64,0").contains("error"));
}

TEST_F(TelemetryTest, WrongQuestionsAreAnsweredNull) {
  run_with(kTwo);
  EXPECT_TRUE(ask("/natto/mappings").is_null());
  EXPECT_TRUE(ask("/natto/mappings", "-1").is_null());
  EXPECT_TRUE(ask("/natto/mappings", "99999999999999999999").is_null());
  EXPECT_TRUE(ask("/natto/port").is_null());
  EXPECT_TRUE(ask("/natto/port", "2").is_null());
  EXPECT_TRUE(ask("/natto/text", "7,0").is_null());
  EXPECT_TRUE(ask("/natto/text", "x").is_null());
  EXPECT_TRUE(ask("/natto/explain", "a,b").is_null());
}

// Without packets, whose way through DPDK's rings ThreadSanitizer does not see: what a worker does
// with the table and its counters.
TEST_F(TelemetryTest, AnswersWhileWorkersCountAndTablesChange) {
  run_with(kTwo);
  std::atomic<bool> stop{false};
  std::uint64_t counted = 0;
  std::thread worker([&] {
    Dataplane& dataplane = lab_->dataplane();
    dataplane.quiescence.enter(0);
    for (; !stop.load(); ++counted) {
      const Generation& table = dataplane.generation.read();
      const Translation* source =
          table.look_up({Generation::real_scope(kA), Ipv4Address::of(10, 1, 1, 10)});
      table.counters(0)[source->mapping].count_from(100, dataplane.clock.at(rte_rdtsc()));
      dataplane.counters[0].received.add(1);
      dataplane.counters[0].drop(DropReason::kTtlExpired);
      dataplane.activity[0].record(true, counted, counted + 1);
      dataplane.quiescence.report(0);
    }
    dataplane.quiescence.leave(0);
  });
  write({kTwo[1], kTwo[0]});
  EXPECT_EQ(ask("/natto/reload", "me")["ok"], 1);
  write({kTwo[0]});
  EXPECT_EQ(ask("/natto/reload", "me")["ok"], 1);
  std::thread swapper([&] {
    for (int i = 0; i < 200; ++i) {
      EXPECT_EQ(ask("/natto/rollback", "me")["ok"], 1);
    }
    stop.store(true);
  });
  std::uint64_t last = 0;
  for (long second = 1; !stop.load(); ++second) {
    monitor_.sample(Instant(1'000 * second), ports_, PortSet::first(2));
    static_cast<void>(ask("/natto/port", "0"));
    for (const char* command :
         {"/natto/table", "/natto/counters", "/natto/drops", "/natto/ports", "/natto/workers"}) {
      static_cast<void>(ask(command));
    }
    const Json page = ask("/natto/mappings", "0,host-a");
    ASSERT_EQ(page["name"].size(), 1U);
    const auto packets = page["from_packets"][0].get<std::uint64_t>();
    EXPECT_GE(packets, last) << "a counter went backwards";
    last = packets;
    rates_.sample(Instant(1'000 * second), lab_->counters());
  }
  swapper.join();
  worker.join();
  EXPECT_EQ(ask("/natto/mappings", "0,host-a")["from_packets"][0], counted);
}

}  // namespace
}  // namespace natto
