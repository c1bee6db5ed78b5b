// The reports of a running appliance, asked for without the socket.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <rte_cycles.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "api/reports/handler.hpp"
#include "api/reports/mapping_samples.hpp"
#include "api/reports/reports.hpp"
#include "api/telemetry/numbers.hpp"
#include "base/hex.hpp"
#include "eal/lab.hpp"
#include "support/packets.hpp"
#include "table/table_digest.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_mapping;
using test::make_udp;

std::string mapping_text(const Mapping& mapping) {
  return fmt::format("[[mapping]]\nname = \"{}\"\nrealm = \"{}\"\nreal = \"{}\"\nmapped = \"{}\"\n",
                     mapping.name, mapping.realm == kA ? "company-a" : "company-b",
                     to_string(mapping.real), to_string(mapping.mapped));
}

/// A running appliance without its sockets: what it would report.
class ReportsTest : public testing::Test {
 protected:
  ReportsTest() {
    std::string name = (std::filesystem::temp_directory_path() / "natto-reports-XXXXXX").string();
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
    config_.table.max_removed = 1;  // tests go from many mappings to a few
  }
  ~ReportsTest() override {
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
    reloader_.emplace(config_, dataplane, *live_, TableFileState{}, std::nullopt, nullptr,
                      Reloader::Patience{.debounce = std::chrono::hours(1)});
    ASSERT_TRUE(reloader_->start({0}).ok());
    appliance_.emplace(AppliancePart{.config = config_,
                                     .dataplane = dataplane,
                                     .ports = ports_,
                                     .supervisors = supervisors_,
                                     .control = control_,
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

  /// The lines with which a request is answered.
  [[nodiscard]] std::vector<std::string> lines(const api::Request& request) const {
    const auto outbox = std::make_shared<api::Outbox>();
    api::make_handler (*appliance_)(request, kMe, std::make_shared<api::Answer>(outbox, 1));
    std::string text;
    for (bool last = false; !last;) {
      pollfd event{.fd = outbox->descriptor(), .events = POLLIN, .revents = 0};
      poll(&event, 1, -1);
      for (const api::Outbox::Delivery& delivery : outbox->take()) {
        text += delivery.text;
        for (std::string piece; delivery.pieces && !(piece = delivery.pieces()).empty();) {
          text += piece;
        }
        last = delivery.last;
      }
    }
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      lines.push_back(text.substr(at, text.find('\n', at) - at));
    }
    return lines;
  }

  /// What a request for a capture is answered with.
  [[nodiscard]] api::Outbox::Delivery begin(const api::CaptureRequest& request) {
    if (!handler_) {
      handler_ = api::make_handler(*appliance_);
    }
    const auto outbox = std::make_shared<api::Outbox>();
    handler_(request, kMe, std::make_shared<api::Answer>(outbox, 1));
    return std::move(outbox->take().at(0));
  }
  [[nodiscard]] static api::CaptureReport report_in(const std::string& line) {
    return std::get<api::CaptureReport>(api::parse_reply<api::CaptureReport>(line).value());
  }

  template <typename OneRequest, typename Report = typename OneRequest::Report>
  [[nodiscard]] Result<Report> ask(const OneRequest& request) const {
    const auto reply = api::parse_reply<Report>(lines(request).back());
    if (!reply) {
      return reply.error();
    }
    if (const auto* error = std::get_if<api::ErrorReport>(&*reply)) {
      return to_error(*error);
    }
    return std::get<Report>(*reply);
  }

  [[nodiscard]] TelemetryAnswer number(std::string_view command) const {
    const auto commands = telemetry_numbers(*appliance_);
    return std::ranges::find(commands, command, &TelemetryCommand::name)->answer();
  }

  [[nodiscard]] std::uint64_t number_of(std::string_view command, std::string_view name) const {
    const auto numbers = number(command).numbers;
    return std::ranges::find(numbers, name, [](const auto& one) { return one.first; })->second;
  }

  const api::Peer kMe{.user = 0, .process = 3, .groups = {}, .program = "me"};
  const std::vector<Mapping> kTwo = {make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10"),
                                     make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20")};

  std::filesystem::path folder_;
  Config config_;
  std::optional<Lab> lab_;
  std::optional<LiveTable> live_;
  std::vector<PortCounter> counted_;  ///< by the device of company-a
  std::vector<Port> ports_;
  std::vector<std::unique_ptr<PortSupervisor>> supervisors_;
  ControlActivity control_;
  Rates rates_;
  PortMonitor monitor_{{"company-a", "company-b"}, [this](std::uint16_t port) {
                         return port == ports_[kA].id() ? counted_ : std::vector<PortCounter>();
                       }};
  std::optional<Reloader> reloader_;
  std::optional<AppliancePart> appliance_;
  api::Server::Handler handler_;
};

TEST_F(ReportsTest, TableSaysWhatRuns) {
  run_with({kTwo[0], make_mapping("net-b", kB, "192.168.16.0/20", "172.30.16.0/20")});
  const api::TableReport table = ask(api::TableRequest()).value();
  EXPECT_EQ(table.version, 1U);
  EXPECT_EQ(table.mappings, 2U);
  EXPECT_EQ(table.hosts, 1U);
  EXPECT_EQ(table.prefixes, 1U);
  EXPECT_EQ(table.addresses, 1U + 4096U);
  EXPECT_EQ(table.digest, live_->current()->digest);
  EXPECT_GT(table.memory_bytes, 0U);
  EXPECT_EQ(table.trigger, "start");
  EXPECT_FALSE(table.rollback_possible);
}

TEST_F(ReportsTest, MappingsCarryTheirCounters) {
  run_with(kTwo);
  lab_->receive(kA, frame_of(make_udp({}, test::Bytes(72))));
  lab_->run();
  const auto report = ask(api::MappingsRequest()).value();
  EXPECT_EQ(report.version, 1U);
  ASSERT_EQ(report.mappings.size(), 2U);
  const api::MappingReport& a = report.mappings[0];
  const api::MappingReport& b = report.mappings[1];
  EXPECT_EQ(a.name, "host-a");
  EXPECT_EQ(a.realm, "company-a");
  EXPECT_EQ(a.real, "10.1.1.10");
  EXPECT_EQ(a.mapped, "172.31.1.10");
  EXPECT_EQ(b.name, "host-b");
  EXPECT_EQ(a.from_packets, 1U);
  EXPECT_EQ(a.from_bytes, 100U);
  EXPECT_EQ(a.to_packets, 0U);
  EXPECT_EQ(b.from_packets, 0U);
  EXPECT_EQ(b.to_packets, 1U);
  EXPECT_EQ(b.to_bytes, 100U);
  const auto now =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
  EXPECT_GT(a.from_last_ms, now - 60'000);
  EXPECT_LE(a.from_last_ms, now);
  EXPECT_EQ(b.from_last_ms, 0U);
}

TEST_F(ReportsTest, CapturedPacketsHaveNamesAndBothFrames) {
  run_with(kTwo);
  api::Outbox::Delivery capture = begin({.snaplen = 50});
  EXPECT_FALSE(capture.last);
  EXPECT_TRUE(report_in(capture.live()).packets.empty());  // it has begun
  EXPECT_EQ(capture.live(), "");
  const Bytes frame = frame_of(make_udp({}, test::Bytes(72)));
  lab_->receive(kA, frame);
  lab_->receive(kA, frame_of(make_udp({.ttl = 1}, test::Bytes(72))));
  lab_->run();
  const auto report = report_in(capture.live());
  ASSERT_EQ(report.packets.size(), 3U);  // and the ICMP error
  const api::CapturedReport& sent =
      report.packets[0].fate == "sent" ? report.packets[0] : report.packets[1];
  const api::CapturedReport& dropped =
      report.packets[0].fate == "sent" ? report.packets[1] : report.packets[0];
  EXPECT_EQ(report.packets[0].id, 1U);
  EXPECT_EQ(report.packets[2].id, 3U);
  EXPECT_EQ(sent.fate, "sent");
  EXPECT_EQ(sent.from, "host-a");
  EXPECT_EQ(sent.to, "host-b");
  EXPECT_EQ(sent.in_realm, "company-a");
  EXPECT_EQ(sent.out_realm, "company-b");
  EXPECT_EQ(sent.in_length, frame.size());
  EXPECT_EQ(sent.in_frame, to_hex(std::span(frame).first(50)));
  EXPECT_EQ(sent.out_frame, to_hex(std::span(lab_->sent(kB).at(0)).first(50)));
  EXPECT_EQ(dropped.fate, "dropped");
  EXPECT_EQ(dropped.reason, "ttl_expired");
  EXPECT_EQ(dropped.out_realm, "");
  EXPECT_EQ(report.packets[2].fate, "generated");
  EXPECT_EQ(report.packets[2].in_realm, "");

  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  EXPECT_LE(sent.at_ns, static_cast<std::uint64_t>(now));
  EXPECT_GT(sent.at_ns, static_cast<std::uint64_t>(now) - 60'000'000'000);

  // One at a time, until the first one ends.
  const auto other = begin({});
  EXPECT_TRUE(other.last);
  EXPECT_NE(other.text.find("somebody captures already"), std::string::npos);
  capture.live = nullptr;
  EXPECT_TRUE(begin({}).live);
}

TEST_F(ReportsTest, CapturesAreOfWhatIsAskedFor) {
  run_with(kTwo);
  const auto fates = [&](const api::CaptureRequest& request) {
    auto capture = begin(request);
    lab_->receive(kA, frame_of(make_udp({}, test::Bytes(72))));
    lab_->receive(kA, frame_of(make_udp({.destination = "172.30.7.99"}, test::Bytes(72))));
    lab_->run();
    std::string told;
    for (const api::CapturedReport& packet : report_in(capture.live()).packets) {
      told += packet.fate.substr(0, 1) + packet.to + " ";
    }
    static_cast<void>(lab_->sent(kA));
    static_cast<void>(lab_->sent(kB));
    return told;
  };
  EXPECT_EQ(fates({.mappings = {"host-b"}}), "shost-b ");
  EXPECT_EQ(fates({.mappings = {"host-b", "host-a"}}), "shost-b ");
  EXPECT_EQ(fates({.drops = {"any"}}), "d ");
  EXPECT_EQ(fates({.drops = {"destination_not_mapped", "ttl_expired"}}), "d ");
  EXPECT_EQ(fates({.realm = "company-b", .direction = "out"}), "shost-b ");
  EXPECT_EQ(fates({.filter = {{.code = 6, .jt = 0, .jf = 0, .k = 0}}}), "");  // ret #0

  for (const auto& [request, wrong] :
       {std::pair{api::CaptureRequest{.filter = {{.code = 7}}}, "no filter that natto runs"},
        {api::CaptureRequest{.filter = {{.code = 1 << 16}}}, "too large a number"},
        {api::CaptureRequest{.mappings = {"host-c"}}, "do you mean host-a?"},
        {api::CaptureRequest{.mappings = {"a", "b", "c"}}, "one or two"},
        {api::CaptureRequest{.rule = "web"}, "natto knows no rule web"},
        {api::CaptureRequest{.drops = {"everything"}}, "natto knows no drop reason everything"},
        {api::CaptureRequest{.realm = "company-c"}, "do you mean company-"},
        {api::CaptureRequest{.direction = "in"}, "direction needs a realm"},
        {api::CaptureRequest{.realm = "company-a", .direction = "up"}, "direction is in or out"}}) {
    const auto refused = begin(request);
    EXPECT_TRUE(refused.last);
    EXPECT_NE(refused.text.find(wrong), std::string::npos) << refused.text;
  }
}

TEST_F(ReportsTest, NoMorePacketsASecondThanAreAskedFor) {
  run_with(kTwo);
  auto capture = begin({.rate = 3});
  for (int i = 0; i < 10; ++i) {
    lab_->receive(kA, frame_of(make_udp({}, test::Bytes(72))));
  }
  lab_->run();
  const auto report = report_in(capture.live());
  EXPECT_EQ(report.packets.size() + report.over_rate, 10U);
  EXPECT_GE(report.packets.size(), 3U);  // or six, where a second ends meanwhile
  EXPECT_LE(report.packets.size(), 6U);
  EXPECT_EQ(report.lost, 0U);
}

TEST_F(ReportsTest, ManyMappingsAreOneLineInPieces) {
  std::vector<Mapping> mappings;
  for (int i = 0; i < 2'000; ++i) {
    mappings.push_back(make_mapping(fmt::format("{:0>64}", i), kA,
                                    fmt::format("10.200.{}.{}", i / 250, i % 250).c_str(),
                                    fmt::format("172.200.{}.{}", i / 250, i % 250).c_str()));
  }
  run_with(mappings);
  const auto pieces = api::mappings_pieces(*appliance_, {}).value();
  EXPECT_LT(pieces().size(), 500'000U);
  const auto report = ask(api::MappingsRequest()).value();
  ASSERT_EQ(report.mappings.size(), 2'000U);
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    EXPECT_EQ(report.mappings[i].name, mappings[i].name);
  }
}

TEST_F(ReportsTest, AListOfMappingsIsOfOneVersion) {
  std::vector<Mapping> mappings;
  for (int i = 0; i < 1'000; ++i) {
    mappings.push_back(make_mapping(fmt::format("m{}", i), kA,
                                    fmt::format("10.200.{}.{}", i / 250, i % 250).c_str(),
                                    fmt::format("172.200.{}.{}", i / 250, i % 250).c_str()));
  }
  run_with(mappings);
  const auto pieces = api::mappings_pieces(*appliance_, {}).value();
  std::string line = pieces();
  write(kTwo);
  ASSERT_TRUE(ask(api::ReloadRequest()).ok());
  for (std::string piece; !(piece = pieces()).empty();) {
    line += piece;
  }
  const auto report =
      std::get<api::MappingsReport>(api::parse_reply<api::MappingsReport>(line).value());
  EXPECT_EQ(report.version, 1U);
  EXPECT_EQ(report.mappings.size(), 1'000U);
}

TEST_F(ReportsTest, MappingsAreFilteredByNameAddressAndPrefix) {
  run_with({kTwo[0], kTwo[1], make_mapping("net-b", kB, "192.168.16.0/20", "172.30.16.0/20")});
  const auto names = [this](const char* filter) {
    std::string text;
    const auto report = ask(api::MappingsRequest{.filter = filter}).value();
    for (const auto& row : report.mappings) {
      text += row.name + " ";
    }
    return text;
  };
  EXPECT_EQ(names(""), "host-a host-b net-b ");
  EXPECT_EQ(names("host-b"), "host-b ");
  EXPECT_EQ(names("10.1.1.10"), "host-a ");
  EXPECT_EQ(names("172.30.17.1"), "net-b ");
  EXPECT_EQ(names("172.30.0.0/16"), "host-b net-b ");
  EXPECT_EQ(names("nobody"), "");
}

TEST_F(ReportsTest, MappingsAreSortedByBothDirectionsTogether) {
  run_with({make_mapping("c", kA, "10.1.1.10", "172.31.1.10"),
            make_mapping("b", kA, "10.1.1.11", "172.31.1.11"),
            make_mapping("a", kB, "192.168.7.20", "172.30.7.20")});
  const auto send = [this](const char* source, std::size_t payload_bytes) {
    lab_->receive(kA, frame_of(make_udp({.source = source}, test::Bytes(payload_bytes))));
    lab_->run();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // last used, to 1/8 s
  };
  send("10.1.1.10", 1'000);
  send("10.1.1.11", 10);
  send("10.1.1.11", 10);
  const auto names = [this](const char* sort, std::uint64_t limit) {
    std::string text;
    const auto report = ask(api::MappingsRequest{.sort = sort, .limit = limit}).value();
    for (const auto& row : report.mappings) {
      text += row.name;
    }
    return text;
  };
  EXPECT_EQ(names("file", 0), "cba");
  EXPECT_EQ(names("name", 0), "abc");
  EXPECT_EQ(names("packets", 0), "abc");
  EXPECT_EQ(names("bytes", 0), "acb");
  EXPECT_EQ(names("last", 0), "bac") << "as in the file where they are equal";
  EXPECT_EQ(names("bytes", 2), "ac");
  EXPECT_EQ(names("file", 1), "c");
  EXPECT_EQ(names("name", 4), "abc");
  const auto none = ask(api::MappingsRequest{.sort = "beauty"});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().kind, ErrorKind::kUsage);
}

/// The busiest mappings between two looks, as a client asks for them again and again.
class BusiestTest : public ReportsTest {
 protected:
  BusiestTest() {
    for (int i = 0; i < 30; ++i) {
      hosts_.push_back(make_mapping(fmt::format("m{}", i), kA, fmt::format("10.1.1.{}", i).c_str(),
                                    fmt::format("172.31.1.{}", i).c_str()));
    }
    hosts_.push_back(kTwo[1]);
  }

  void send(int host, int packets) {
    for (int i = 0; i < packets; ++i) {
      const std::string source = fmt::format("10.1.1.{}", host);
      lab_->receive(kA, frame_of(make_udp({.source = source.c_str()}, test::Bytes(72))));
      lab_->run();
    }
  }
  api::BusiestReport look(std::uint64_t since) { return samples_->look({.since = since}); }
  void run() {
    run_with(hosts_);
    samples_.emplace(*live_);
  }

  std::vector<Mapping> hosts_;
  std::optional<api::MappingSamples> samples_;
};

TEST_F(BusiestTest, AreThoseWithTheMostPacketsInBetween) {
  run();
  send(7, 9);
  const auto first = look(0);
  EXPECT_EQ(first.elapsed_us, 0U);
  EXPECT_TRUE(first.mappings.empty()) << "there is nothing to compare with";
  for (int host = 1; host <= 12; ++host) {
    send(host, host);
  }
  const auto second = look(first.sample);
  EXPECT_GT(second.elapsed_us, 0U);
  ASSERT_EQ(second.mappings.size(), 10U);
  EXPECT_EQ(second.mappings[0].name, "host-b");
  EXPECT_EQ(second.mappings[0].to_packets, 78U);
  EXPECT_EQ(second.mappings[0].to_bytes, 7'800U);
  EXPECT_EQ(second.mappings[1].name, "m12");
  EXPECT_EQ(second.mappings[1].from_packets, 12U) << "what was before does not count";
  EXPECT_EQ(second.mappings[9].name, "m4");
  const auto third = look(second.sample);
  EXPECT_GT(third.elapsed_us, 0U);
  EXPECT_TRUE(third.mappings.empty()) << "nobody sent anything";
}

TEST_F(BusiestTest, ClientsDoNotDisturbEachOther) {
  run();
  const auto one = look(0);
  send(1, 1);
  const auto two = look(0);
  send(2, 1);
  EXPECT_EQ(look(one.sample).mappings.size(), 3U);
  EXPECT_EQ(look(two.sample).mappings.size(), 2U);
  EXPECT_EQ(look(two.sample).elapsed_us, 0U) << "a look serves once";
}

TEST_F(BusiestTest, OldLooksMakeRoom) {
  run();
  const auto old = look(0);
  for (int i = 0; i < 100; ++i) {
    look(0);
  }
  EXPECT_EQ(look(old.sample).elapsed_us, 0U);
}

TEST_F(BusiestTest, ALookOfAnotherTableIsNone) {
  run();
  const auto before = look(0);
  write(kTwo);
  ASSERT_TRUE(ask(api::ReloadRequest()).ok());
  const auto after = look(before.sample);
  EXPECT_EQ(after.version, 2U);
  EXPECT_EQ(after.elapsed_us, 0U);
  EXPECT_TRUE(after.mappings.empty());
}

TEST_F(BusiestTest, AreAskedForByTheSocket) {
  run();
  const auto report = ask(api::BusiestRequest()).value();
  EXPECT_EQ(report.version, 1U);
  EXPECT_GT(report.sample, 0U);
}

TEST_F(ReportsTest, DropsHaveCountsRatesAndAdvice) {
  run_with(kTwo);
  rates_.sample(Instant(1'000), {});
  lab_->receive(kA, frame_of(make_udp({.source = "10.1.9.9"}, {})));
  for (int i = 0; i < 6; ++i) {
    lab_->receive(kA, frame_of(make_udp({.destination = "172.30.99.99"}, {})));
  }
  lab_->run();
  rates_.sample(Instant(3'000), lab_->counters());
  const auto drops = ask(api::DropsRequest()).value().drops;
  ASSERT_EQ(drops.size(), 2U);
  EXPECT_EQ(drops[0].reason, "destination_not_mapped") << "the most frequent first";
  EXPECT_EQ(drops[0].packets, 6U);
  EXPECT_EQ(drops[0].per_second, 3U);
  EXPECT_NE(drops[0].meaning, "");
  EXPECT_NE(drops[0].advice, "");
  EXPECT_EQ(drops[1].reason, "source_not_mapped");
  const auto counters = ask(api::CountersRequest()).value();
  EXPECT_EQ(counters.received, 7U);
  EXPECT_EQ(counters.dropped, 7U);
  EXPECT_EQ(counters.dropped_per_second, 3U);
}

TEST_F(ReportsTest, DropsHaveSamplesIfTheyAreAskedFor) {
  run_with(kTwo);
  lab_->receive(kA, frame_of(make_udp({.source = "10.1.9.9"}, Bytes(12))));
  lab_->run();
  lab_->receive(kA, frame_of(make_udp({.source = "10.1.9.8"}, Bytes(13))));
  lab_->run();
  EXPECT_TRUE(ask(api::DropsRequest()).value().drops.at(0).samples.empty());
  const auto drops = ask(api::DropsRequest{.samples = true}).value().drops;
  const auto& samples = drops.at(0).samples;
  ASSERT_EQ(samples.size(), 2U);
  const api::DropSampleReport& latest = samples[0];
  EXPECT_EQ(latest.realm, "company-a");
  EXPECT_EQ(latest.way, "in");
  EXPECT_EQ(latest.source, "10.1.9.8");
  EXPECT_EQ(latest.destination, "172.30.7.20");
  EXPECT_EQ(latest.protocol, "udp");
  EXPECT_EQ(latest.source_port, 5000U);
  EXPECT_EQ(latest.destination_port, 53U);
  EXPECT_EQ(latest.ethertype, 0x800U);
  EXPECT_EQ(latest.length, 20U + 8U + 13U);
  EXPECT_EQ(samples[1].source, "10.1.9.9");
  EXPECT_GE(latest.at_ms, samples[1].at_ms);
  const std::uint64_t now = api::unix_milliseconds(std::chrono::system_clock::now());
  EXPECT_LE(latest.at_ms, now);
  EXPECT_GT(latest.at_ms, now - 60'000);
}

TEST_F(ReportsTest, PortsAndWorkers) {
  run_with(kTwo);
  monitor_.sample(Instant(0), ports_, PortSet::first(2), {});
  const auto ports = ask(api::PortsRequest()).value().ports;
  ASSERT_EQ(ports.size(), 2U);
  EXPECT_EQ(ports[0].realm, "company-a");
  EXPECT_EQ(ports[0].driver, "net_null");
  EXPECT_EQ(ports[0].checksum_offload, "off");
  EXPECT_EQ(ports[0].state, "up");
  EXPECT_EQ(ports[0].link, "up");
  EXPECT_EQ(ports[0].resets, 0U);
  EXPECT_EQ(ports[0].reset_cause, "");
  EXPECT_EQ(ports[0].next_hop, "10.1.0.254");
  EXPECT_EQ(ports[1].next_hop, "static");
  EXPECT_EQ(ask(api::PortRequest{.port = 1}).value().realm, "company-b");
  const auto none = ask(api::PortRequest{.port = 2});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().kind, ErrorKind::kInput);

  lab_->dataplane().activity[0].record(true, 100, 350);
  lab_->dataplane().activity[0].record(false, 350, 400);
  for (const int size : {1, 2, 3, 4, 5, 8, 9, 16, 17, 32}) {
    lab_->dataplane().activity[0].record_burst(static_cast<std::uint16_t>(size));
  }
  lab_->dataplane().activity[0].slow_path.add(7);
  lab_->dataplane().activity[0].looked_up.add(9);
  const auto workers = ask(api::WorkersRequest()).value();
  EXPECT_EQ(workers.tsc_hz, rte_get_tsc_hz());
  const api::WorkerReport& worker = workers.workers.at(0);
  EXPECT_EQ(worker.polls, 2U);
  EXPECT_EQ(worker.busy_polls, 1U);
  EXPECT_EQ(worker.cycles, 300U);
  EXPECT_EQ(worker.busy_cycles, 250U);
  EXPECT_EQ(worker.longest_gap_cycles, 250U);
  EXPECT_EQ(worker.slow_path, 7U);
  EXPECT_EQ(worker.looked_up, 9U);
  EXPECT_EQ(worker.bursts, (std::vector<std::uint64_t>{1, 1, 2, 2, 2, 2}));
  EXPECT_TRUE(worker.stalled) << "its last poll was when the machine started";
}

TEST_F(ReportsTest, PortsSayHowTheyWereConfigured) {
  config_.ports[kA].device += ",size=64";
  run_with(kTwo);
  const api::PortReport port = ask(api::PortRequest{.port = 0}).value();
  EXPECT_EQ(port.device, config_.ports[kA].device);
  EXPECT_EQ(port.queues, 1U);
  EXPECT_EQ(port.rx_descriptors, 1024U);
  EXPECT_EQ(port.tx_descriptors, 1024U);
  EXPECT_EQ(port.mtu, 1500U);
  EXPECT_EQ(port.rss, "none");
  EXPECT_EQ(port.no_checksum_offload_because, ports_[kA].plan().no_checksum_offload_because);
  EXPECT_EQ(port.tx_offloads, "");
}

TEST_F(ReportsTest, PortCountersSayWhatIsLostAndWhatToDo) {
  run_with(kTwo);
  EXPECT_TRUE(ask(api::PortRequest{.port = 0}).value().counters.empty());
  const auto sample = [this](int second, std::uint64_t exceeded) {
    counted_ = {{.name = "conntrack_allowance_exceeded", .value = exceeded}};
    for (int i = 0; i < 2; ++i) {
      monitor_.sample(Instant(1'000 * second), ports_, PortSet::first(2), {});
    }
  };
  sample(0, 5);
  sample(1, 9);
  const auto counters = ask(api::PortRequest{.port = 0}).value().counters;
  ASSERT_EQ(counters.size(), 1U);
  EXPECT_EQ(counters[0].name, "conntrack_allowance_exceeded");
  EXPECT_EQ(counters[0].value, 9U);
  EXPECT_EQ(counters[0].last_minute, 4U);
  EXPECT_NE(counters[0].advice.find("security groups"), std::string::npos);
  EXPECT_TRUE(ask(api::PortRequest{.port = 1}).value().counters.empty());
}

TEST_F(ReportsTest, DevicesTellTheirBytesAndEveryLoss) {
  run_with(kTwo);
  EXPECT_FALSE(ask(api::DevicesRequest()).value().devices.at(0).rx_bytes) << "not read yet";
  const auto sample = [this](int second, std::uint64_t bytes) {
    counted_ = {{.name = "rx_good_bytes", .value = bytes},
                {.name = "tx_q0_bytes", .value = bytes + 1},
                {.name = "tx_q1_bytes", .value = 1},
                {.name = "pps_allowance_exceeded", .value = 0},
                {.name = "conntrack_allowance_available", .value = 8}};
    for (int i = 0; i < 2; ++i) {
      monitor_.sample(Instant(1'000 * second), ports_, PortSet::first(2), {});
    }
  };
  sample(0, 500);
  sample(1, 40);  // a reset put them to zero
  Counters& counters = lab_->dataplane().counters[0];
  for (Counter* of_them : {&counters.received, &counters.consumed, &counters.ports[kA].received}) {
    of_them->add(3);
  }
  for (Counter* of_them : {&counters.generated, &counters.ports[kA].transmitted}) {
    of_them->add(4);
  }
  const auto devices = ask(api::DevicesRequest()).value().devices;
  ASSERT_EQ(devices.size(), 2U);
  const api::DeviceReport& device = devices[0];
  EXPECT_EQ(device.realm, "company-a");
  EXPECT_EQ(device.rx_bytes, 540U);
  EXPECT_FALSE(device.tx_bytes) << "the device does not count them";
  ASSERT_EQ(device.queues.size(), 1U);
  EXPECT_EQ(device.queues[0].rx_packets, 3U);
  EXPECT_EQ(device.queues[0].tx_packets, 4U);
  EXPECT_FALSE(device.queues[0].rx_bytes);
  EXPECT_EQ(device.queues[0].tx_bytes, 542U);
  ASSERT_EQ(device.losses.size(), 3U);
  EXPECT_EQ(device.losses[0].name, "conntrack_allowance_available");
  EXPECT_TRUE(device.losses[0].level);
  EXPECT_EQ(device.losses[0].value, 8U);
  EXPECT_EQ(device.losses[1].name, "pps_allowance_exceeded");
  EXPECT_FALSE(device.losses[1].level);
  EXPECT_EQ(device.losses[1].value, 0U);
  EXPECT_EQ(ask(api::PortRequest{.port = 0}).value().counters.size(), 1U) << "those that are not 0";
}

TEST_F(ReportsTest, TheProcessTellsWhatRunsAndForHowLong) {
  run_with(kTwo);
  const api::ProcessReport process = ask(api::ProcessRequest()).value();
  EXPECT_EQ(process.version, NATTO_VERSION);
  EXPECT_EQ(process.dpdk.rfind("DPDK ", 0), 0U) << process.dpdk;
  EXPECT_EQ(process.process, static_cast<std::uint64_t>(getpid()));
  EXPECT_GT(process.started_ms, 1'700'000'000'000U);
  EXPECT_GT(process.cpu_us, 0U);
  EXPECT_GT(process.resident_bytes, 1'000'000U);
  EXPECT_EQ(process.requests, 1U);
}

TEST_F(ReportsTest, TheTableTellsOfTheLastReload) {
  run_with({kTwo[0]});
  EXPECT_EQ(ask(api::TableRequest()).value().last_reload_ms, 0U);
  write(kTwo);
  EXPECT_TRUE(ask(api::DryRunRequest()).ok());
  EXPECT_EQ(ask(api::TableRequest()).value().last_reload_ms, 0U) << "a dry run is none";
  EXPECT_TRUE(ask(api::ReloadRequest()).ok());
  const api::TableReport done = ask(api::TableRequest()).value();
  EXPECT_GE(done.last_reload_ms, done.loaded_ms);
  EXPECT_FALSE(done.last_reload_refused);
  EXPECT_GT(done.last_reload_us, 0U);
  std::ofstream(config_.table_file) << "nonsense";
  EXPECT_FALSE(ask(api::ReloadRequest()).ok());
  const api::TableReport refused = ask(api::TableRequest()).value();
  EXPECT_GE(refused.last_reload_ms, done.last_reload_ms);
  EXPECT_TRUE(refused.last_reload_refused);
}

TEST_F(ReportsTest, ReloadsReportTheirOutcomeAndWhoAsked) {
  run_with({kTwo[0]});
  std::vector<Mapping> many = {kTwo[0]};
  for (int i = 0; i < 200; ++i) {
    many.push_back(make_mapping(fmt::format("m{:03}", i), kB,
                                fmt::format("192.168.9.{}", i).c_str(),
                                fmt::format("172.30.9.{}", i).c_str()));
  }
  write(many);
  EXPECT_EQ(ask(api::DryRunRequest()).value().added, 200U);
  EXPECT_EQ(ask(api::TableRequest()).value().version, 1U);
  const auto report = ask(api::ReloadRequest()).value();
  EXPECT_EQ(report.version, 2U);
  EXPECT_EQ(std::ranges::count(report.text, '\n'), 200);
  EXPECT_EQ(ask(api::TableRequest()).value().who, "root (uid 0), pid 3 (me)");
  EXPECT_TRUE(ask(api::TableRequest()).value().rollback_possible);
  EXPECT_EQ(ask(api::TableRequest()).value().file_state, "same");
  EXPECT_EQ(ask(api::RollbackRequest()).value().removed, 200U);
  EXPECT_EQ(ask(api::TableRequest()).value().file_state, "differs");
  EXPECT_EQ(number_of("/natto/table", "file_differs"), 1U);

  std::ofstream(config_.table_file) << "nonsense";
  const auto refused = ask(api::ReloadRequest());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInput);
  EXPECT_TRUE(refused.error().message.starts_with(config_.table_file.string() + ":1:"));
  const api::TableReport table = ask(api::TableRequest()).value();
  EXPECT_EQ(table.version, 3U);
  EXPECT_EQ(table.file_state, "refused");
  EXPECT_EQ(table.file_error, refused.error().message);
  EXPECT_GT(table.file_refused_ms, 0U);
  EXPECT_EQ(number_of("/natto/table", "file_refused"), 1U);
  EXPECT_EQ(number_of("/natto/table", "file_differs"), 0U);
}

TEST_F(ReportsTest, HealthHasTheFactsToJudgeBy) {
  run_with(kTwo);
  const std::uint64_t second = rte_get_tsc_hz();
  WorkerActivity& worker = lab_->dataplane().activity[0];
  const api::HealthReport before = ask(api::HealthRequest()).value();
  EXPECT_EQ(before.workers.at(0).polls, 0U);
  EXPECT_EQ(before.workers.at(0).since_poll_us, 0U);
  EXPECT_EQ(before.version, 1U);
  EXPECT_EQ(before.mappings, 2U);

  control_.last_tsc.set(rte_rdtsc() - 5 * second);
  worker.record(false, 0, rte_rdtsc() - 3 * second);
  const api::HealthReport stuck = ask(api::HealthRequest()).value();
  EXPECT_GE(stuck.since_control_us, 5'000'000U);
  EXPECT_EQ(stuck.workers.at(0).lcore, config_.dpdk.lcores[0]);
  EXPECT_EQ(stuck.workers.at(0).polls, 1U);
  EXPECT_GE(stuck.workers.at(0).since_poll_us, 3'000'000U);
  EXPECT_LT(stuck.workers.at(0).since_poll_us, stuck.since_control_us);
  worker.record(false, 0, rte_rdtsc() + 3 * second);
  EXPECT_EQ(ask(api::HealthRequest()).value().workers.at(0).since_poll_us, 0U)
      << "another core's TSC may be ahead";
}

TEST_F(ReportsTest, TheRoleIsGivenAndSaysWhoGaveIt) {
  config_.ha.peer = "natto-b";
  run_with({make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10")});
  api::RoleReport role = ask(api::RoleRequest()).value();
  EXPECT_EQ(role.role, "active");
  EXPECT_EQ(role.who, "");
  EXPECT_FALSE(role.announcing) << "nobody made it active";
  EXPECT_EQ(role.peer, "natto-b");
  EXPECT_EQ(role.digest, ask(api::TableRequest()).value().digest);

  role = ask(api::StandbyRequest()).value();
  EXPECT_EQ(role.role, "standby");
  EXPECT_EQ(role.who, to_string(kMe));
  EXPECT_FALSE(role.announcing);
  EXPECT_EQ(lab_->dataplane().role.role(), Role::kStandby);
  EXPECT_EQ(ask(api::HealthRequest()).value().role, "standby");

  EXPECT_TRUE(ask(api::ActivateRequest()).value().announcing) << "control has not come to it";
  control_.activations.set(1);
  control_.to_announce.set(5);
  EXPECT_TRUE(ask(api::RoleRequest()).value().announcing);
  control_.to_announce.set(0);
  EXPECT_FALSE(ask(api::RoleRequest()).value().announcing);
  EXPECT_TRUE(ask(api::ActivateRequest()).value().announcing) << "once more";
}

TEST_F(ReportsTest, ThePeersTableIsComparedAsNattoWasToldOfIt) {
  config_.ha.peer = "natto-b";
  run_with({make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10")});
  const std::string own = ask(api::TableRequest()).value().digest;
  EXPECT_EQ(ask(api::RoleRequest()).value().peer_told_ms, 0U);
  EXPECT_FALSE(ask(api::PeerRequest{.digest = own}).value().peer_differs);
  const api::RoleReport other = ask(api::PeerRequest{.digest = "another"}).value();
  EXPECT_TRUE(other.peer_differs);
  EXPECT_EQ(other.peer_digest, "another");
  EXPECT_GT(other.peer_told_ms, 0U);

  const api::HealthReport health = api::health_report(*appliance_, {.digest = "another"});
  EXPECT_EQ(health.peer, "natto-b");
  EXPECT_TRUE(health.peer_differs);
  EXPECT_FALSE(api::health_report(*appliance_, {}).peer_differs);
  EXPECT_FALSE(api::health_report(*appliance_, {.digest = own}).peer_differs);
}

TEST_F(ReportsTest, HealthHasPortsNextHopsAndTheFilesState) {
  run_with(kTwo);
  api::HealthReport health = ask(api::HealthRequest()).value();
  ASSERT_EQ(health.ports.size(), 2U);
  EXPECT_EQ(health.ports[kA].realm, "company-a");
  EXPECT_EQ(health.ports[kA].state, "up");
  EXPECT_EQ(health.ports[kA].next_hop, "10.1.0.254");
  EXPECT_FALSE(health.ports[kA].next_hop_silent);
  EXPECT_EQ(health.ports[kB].next_hop, "static");
  EXPECT_EQ(health.ports[kB].next_hop_mac, to_string(test::kNextHopB));
  EXPECT_EQ(health.file_state, "same");

  control_.gateway_silent[kA].store(true);
  std::ofstream(config_.table_file) << "nonsense";
  EXPECT_FALSE(ask(api::ReloadRequest()).ok());
  health = ask(api::HealthRequest()).value();
  EXPECT_TRUE(health.ports[kA].next_hop_silent);
  EXPECT_FALSE(health.ports[kB].next_hop_silent);
  EXPECT_EQ(health.file_state, "refused");
  EXPECT_EQ(health.file, config_.table_file.string());
  EXPECT_TRUE(health.file_error.starts_with(config_.table_file.string() + ":1:"));
  EXPECT_GT(health.file_refused_ms, 0U);
}

TEST_F(ReportsTest, HealthWarnsOfAnAuditThatIsNotWritten) {
  run_with(kTwo);
  EXPECT_TRUE(ask(api::HealthRequest()).value().warnings.empty());
  AuditTrail trail("/dev/null/audit.jsonl", [](bool, const std::string&) {});
  appliance_->trail = &trail;
  trail.start({0});
  trail.record({.kind = AuditKind::kStart, .time = {}});
  trail.stop();
  const api::HealthReport health = ask(api::HealthRequest()).value();
  ASSERT_EQ(health.warnings.size(), 1U);
  EXPECT_EQ(health.warnings[0],
            "the audit is not written: cannot open /dev/null/audit.jsonl: Not a directory");
}

TEST_F(ReportsTest, AReloadTellsItsStages) {
  run_with(kTwo);
  write({kTwo[0]});
  const auto told = lines(api::ReloadRequest());
  ASSERT_EQ(told.size(), 6U);
  EXPECT_EQ(told[0], R"({"progress":"reading"})");
  EXPECT_EQ(told[1], R"({"progress":"checking"})");
  EXPECT_EQ(told[2], R"({"progress":"building"})");
  EXPECT_EQ(told[3], R"({"progress":"waiting for workers"})");
  EXPECT_EQ(told[4], R"({"progress":"keeping"})");
  EXPECT_EQ(lines(api::DryRunRequest()).size(), 3U) << "which builds nothing";
}

TEST_F(ReportsTest, AfterTheEndReloadsAreRefused) {
  run_with(kTwo);
  reloader_->stop();
  const auto refused = ask(api::ReloadRequest());
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("natto is ending"), std::string::npos);
}

TEST_F(ReportsTest, ExplainsWithTheRunningTable) {
  run_with(kTwo);
  const auto explained = [this](const Bytes& l3, const char* realm) {
    return ask(api::ExplainRequest{.frame = test::to_hex(frame_of(l3)), .realm = realm});
  };
  const auto sent = explained(make_udp({}, {}), "").value();
  EXPECT_TRUE(sent.sent);
  EXPECT_EQ(sent.version, 1U);
  const auto dropped = explained(make_udp({.source = "10.1.1.11"}, {}), "company-a").value();
  EXPECT_FALSE(dropped.sent);
  EXPECT_EQ(dropped.reason, "source_not_mapped");
  EXPECT_FALSE(dropped.steps.empty());
  const auto to_natto = explained(make_udp({.destination = "10.1.0.1"}, {}), "").value();
  EXPECT_FALSE(to_natto.sent);
  EXPECT_EQ(to_natto.reason, "own_address_not_answered");
  const auto ping =
      explained(test::make_icmp({.destination = "10.1.0.1"}, 8, Bytes(12)), "").value();
  EXPECT_FALSE(ping.sent);
  EXPECT_EQ(ping.reason, "");
  for (const auto& wrong :
       {explained(make_udp({}, {}), "nowhere"),
        explained(make_udp({.source = "10.1.1.11"}, {}), ""), explained({}, "")}) {
    ASSERT_FALSE(wrong.ok());
    EXPECT_EQ(wrong.error().kind, ErrorKind::kInput);
  }
  EXPECT_EQ(ask(api::ExplainRequest{.frame = "nonsense"}).error().kind, ErrorKind::kUsage);
}

TEST_F(ReportsTest, TelemetryGivesNumbersAndLists) {
  run_with(kTwo);
  lab_->receive(kA, frame_of(make_udp({.destination = "172.30.99.99"}, {})));
  lab_->run();
  lab_->dataplane().activity[0].record(true, 100, 350);
  using Numbers = decltype(TelemetryAnswer::numbers);
  EXPECT_EQ(number("/natto/drops").numbers, (Numbers{{"destination_not_mapped", 1}}));
  EXPECT_EQ(number("/natto/counters").numbers.front(), Numbers::value_type("received", 1));
  const auto list = [this](const char* command, std::string_view name) {
    const auto lists = number(command).lists;
    return std::ranges::find(lists, name, [](const auto& one) { return one.first; })->second;
  };
  using List = std::vector<std::uint64_t>;
  EXPECT_EQ(list("/natto/ports", "rx_packets"), (List{1, 0}));
  EXPECT_EQ(list("/natto/ports", "link_up"), (List{1, 1}));
  EXPECT_EQ(list("/natto/workers", "busy_cycles"), List{250});
  EXPECT_EQ(list("/natto/workers", "stalled"), List{1});
}

// Without packets, whose way through DPDK's rings ThreadSanitizer does not see: what a worker does
// with the table and its counters.
TEST_F(ReportsTest, AnswersWhileWorkersCountAndTablesChange) {
  run_with(kTwo);
  std::atomic<bool> stop{false};
  std::uint64_t counted = 0;
  const std::uint64_t kTicks = rte_get_tsc_hz();
  rte_mbuf* packet = test::make_mbuf(frame_of(make_udp({}, Bytes(9))));
  std::thread worker([&] {
    Dataplane& dataplane = lab_->dataplane();
    dataplane.quiescence.enter(0);
    for (; !stop.load(); ++counted) {
      const TranslationTable& table = dataplane.table.read();
      const Translation* source = table.look_up({real_scope(kA), Ipv4Address::of(10, 1, 1, 10)});
      table.counters(0)[source->mapping].count_from(100, dataplane.clock.at(rte_rdtsc()));
      dataplane.counters[0].received.add(1);
      dataplane.counters[0].drop(DropReason::kTtlExpired);
      // A second of its time for each: nothing is held back.
      dataplane.drop_samples[0].note(DropReason::kTtlExpired, *packet,
                                     {.realm = kB, .way = Way::kIn, .tsc = counted * kTicks});
      dataplane.activity[0].record(true, counted, counted + 1);
      dataplane.quiescence.report(0);
    }
    dataplane.quiescence.leave(0);
  });
  write({kTwo[1], kTwo[0]});
  EXPECT_TRUE(ask(api::ReloadRequest()).ok());
  write({kTwo[0]});
  EXPECT_TRUE(ask(api::ReloadRequest()).ok());
  std::thread swapper([&] {
    for (int i = 0; i < 200; ++i) {
      EXPECT_TRUE(ask(api::RollbackRequest()).ok());
    }
    stop.store(true);
  });
  const auto packets_of_host_a = [this] {
    return ask(api::MappingsRequest{.filter = "host-a"}).value().mappings.at(0).from_packets;
  };
  std::uint64_t last = 0;
  std::size_t samples = 0;
  for (long second = 1; !stop.load(); ++second) {
    monitor_.sample(Instant(1'000 * second), ports_, PortSet::first(2), {});
    EXPECT_TRUE(ask(api::TableRequest()).ok());
    EXPECT_TRUE(ask(api::CountersRequest()).ok());
    const auto drops = ask(api::DropsRequest{.samples = true}).value().drops;
    for (const api::DropReport& drop : drops) {
      for (const api::DropSampleReport& sample : drop.samples) {
        EXPECT_EQ(sample.source + sample.realm, "10.1.1.10company-b");
        EXPECT_EQ(sample.length, 37U);
        ++samples;
      }
    }
    EXPECT_TRUE(ask(api::PortsRequest()).ok());
    EXPECT_TRUE(ask(api::WorkersRequest()).ok());
    EXPECT_TRUE(ask(api::HealthRequest()).ok());
    const std::uint64_t packets = packets_of_host_a();
    EXPECT_GE(packets, last) << "a counter went backwards";
    last = packets;
    rates_.sample(Instant(1'000 * second), lab_->counters());
  }
  EXPECT_GT(samples, 0U);
  swapper.join();
  worker.join();
  rte_pktmbuf_free(packet);
  EXPECT_EQ(packets_of_host_a(), counted);
}

}  // namespace
}  // namespace natto
