#include "exporter/series.hpp"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "exporter/metric_list.hpp"
#include "packet/counter_list.hpp"

namespace natto {
namespace {

/// Of a made-up natto, with something of everything.
Snapshot made_up() {
  Snapshot natto;
  natto.process = {.version = "1.2.3",
                   .dpdk = "DPDK 22.11.11",
                   .process = 7,
                   .started_ms = 1'764'000'000'500,
                   .cpu_us = 2'500'000,
                   .resident_bytes = 4096,
                   .requests = 9};
  natto.health = {.role = "active",
                  .peer_differs = true,
                  .file_state = "refused",
                  .workers = {{.lcore = 1, .polls = 5, .since_poll_us = 2}},
                  .ports = {{.realm = "a", .state = "up"}, {.realm = "b", .state = "dead"}}};
  natto.table = {.version = 3,
                 .digest = "9f2c",
                 .mappings = 2,
                 .addresses = 257,
                 .memory_bytes = 1000,
                 .file = "/etc/natto/mappings.toml",
                 .file_state = "refused",
                 .loaded_ms = 1'764'000'001'000,
                 .reloads = 4,
                 .refused_reloads = 1,
                 .last_reload_ms = 1'764'000'002'000,
                 .last_reload_refused = true,
                 .last_reload_us = 1'500};
  natto.counters.received = 100;
  natto.counters.translated = 90;
  natto.drops.drops = {{.reason = "source_not_mapped", .packets = 8},
                       {.reason = "reason_of_a_later_natto", .packets = 2}};
  natto.ports.ports = {{.realm = "a",
                        .device = "0000:00:06.0",
                        .driver = "net_ena",
                        .mac = "02:00:00:00:00:06",
                        .address = "10.0.0.1/24",
                        .mtu = 9001,
                        .state = "up",
                        .link = "up",
                        .link_losses = 1,
                        .resets = 2,
                        .failed_resets = 3,
                        .recoveries = 4,
                        .next_hop = "10.0.0.254",
                        .next_hop_mac = "02:00:00:00:00:09",
                        .next_hop_silent = true,
                        .neighbours = 5,
                        .rx_packets = 60,
                        .tx_packets = 50},
                       {.realm = "b",
                        .state = "dead",
                        .link = "down",
                        .rx_packets = 40,
                        .kernel_interface = "natto0",
                        .kernel_given = 1,
                        .kernel_taken = 2,
                        .kernel_refused = 3}};
  natto.devices.devices = {
      {.realm = "a",
       .rx_bytes = 6000,
       .tx_bytes = 5000,
       .queues = {{.rx_packets = 60, .tx_packets = 50, .rx_bytes = 6000, .tx_bytes = 5000}},
       .losses = {{.name = "pps_allowance_exceeded", .value = 0},
                  {.name = "conntrack_allowance_available", .value = 77, .level = true}}},
      {.realm = "b", .queues = {{.rx_packets = 40}}}};
  natto.workers = {.tsc_hz = 1000,
                   .workers = {{.lcore = 1,
                                .received = 100,
                                .polls = 20,
                                .busy_polls = 10,
                                .cycles = 4000,
                                .busy_cycles = 1000,
                                .longest_gap_cycles = 500,
                                .slow_path = 11,
                                .looked_up = 12,
                                .bursts = {1, 2, 3, 0, 0, 1},
                                .stalled = false}}};
  natto.rules.rules = {{.name = "orders",
                        .there_packets = 1,
                        .there_bytes = 2,
                        .back_packets = 3,
                        .back_bytes = 4,
                        .refused_openings = 5}};
  natto.limits.limits = {{.name = "b in all",
                          .passed_packets = 6,
                          .passed_bytes = 7,
                          .over_packets = 8,
                          .over_bytes = 9}};
  natto.mappings = {{.name = "a-app",
                     .realm = "a",
                     .from_packets = 10,
                     .from_bytes = 11,
                     .from_last_ms = 1'764'000'000'125,
                     .to_packets = 12,
                     .to_bytes = 13}};
  return natto;
}

/// The samples, without HELP and TYPE and those that are 0.
std::string samples_of(const std::string& text) {
  std::istringstream lines(text);
  std::string samples;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#') && !line.ends_with(" 0")) {
      samples += line + "\n";
    }
  }
  return samples;
}

TEST(Series, SayWhatNattoReports) {
  EXPECT_EQ(samples_of(series_of(made_up(), 0.5, ExpositionFormat::kText)),
            R"(natto_up 1
natto_exporter_scrape_seconds 0.5
natto_build_info{version="1.2.3",dpdk="DPDK 22.11.11"} 1
natto_process_start_time_seconds 1764000000.5
natto_process_cpu_seconds_total 2.5
natto_process_resident_memory_bytes 4096
natto_api_requests_total 9
natto_health_findings{check="port"} 1
natto_health_findings{check="table"} 1
natto_role_active 1
natto_peer_table_differs 1
natto_table_info{digest="9f2c",file="/etc/natto/mappings.toml"} 1
natto_table_version 3
natto_table_mappings 2
natto_table_addresses 257
natto_table_memory_bytes 1000
natto_table_loaded_timestamp_seconds 1764000001
natto_table_file_refused 1
natto_reloads_total 4
natto_reloads_refused_total 1
natto_last_reload_timestamp_seconds 1764000002
natto_last_reload_duration_seconds 0.0015
natto_received_packets_total 100
natto_translated_packets_total 90
natto_dropped_packets_total{reason="source_not_mapped"} 8
natto_dropped_packets_total{reason="reason_of_a_later_natto"} 2
natto_port_info{realm="a",device="0000:00:06.0",driver="net_ena",mac="02:00:00:00:00:06",address="10.0.0.1/24"} 1
natto_port_info{realm="b",device="",driver="",mac="",address=""} 1
natto_port_up{realm="a"} 1
natto_port_link_up{realm="a"} 1
natto_port_mtu_bytes{realm="a"} 9001
natto_port_next_hop_resolved{realm="a",next_hop="10.0.0.254"} 1
natto_port_next_hop_silent{realm="a",next_hop="10.0.0.254"} 1
natto_port_neighbours{realm="a"} 5
natto_port_link_losses_total{realm="a"} 1
natto_port_resets_total{realm="a"} 2
natto_port_failed_resets_total{realm="a"} 3
natto_port_recoveries_total{realm="a"} 4
natto_port_packets_total{realm="a",direction="receive"} 60
natto_port_packets_total{realm="a",direction="transmit"} 50
natto_port_packets_total{realm="b",direction="receive"} 40
natto_port_kernel_packets_total{realm="b",kind="given"} 1
natto_port_kernel_packets_total{realm="b",kind="taken"} 2
natto_port_kernel_packets_total{realm="b",kind="refused"} 3
natto_port_bytes_total{realm="a",direction="receive"} 6000
natto_port_bytes_total{realm="a",direction="transmit"} 5000
natto_port_queue_packets_total{realm="a",direction="receive",queue="0"} 60
natto_port_queue_packets_total{realm="a",direction="transmit",queue="0"} 50
natto_port_queue_packets_total{realm="b",direction="receive",queue="0"} 40
natto_port_queue_bytes_total{realm="a",direction="receive",queue="0"} 6000
natto_port_queue_bytes_total{realm="a",direction="transmit",queue="0"} 5000
natto_port_device_level{realm="a",counter="conntrack_allowance_available"} 77
natto_worker_poll_seconds_total{lcore="1"} 4
natto_worker_busy_seconds_total{lcore="1"} 1
natto_worker_polls_total{lcore="1"} 20
natto_worker_busy_polls_total{lcore="1"} 10
natto_worker_received_packets_total{lcore="1"} 100
natto_worker_slow_path_packets_total{lcore="1"} 11
natto_worker_cache_misses_total{lcore="1"} 12
natto_worker_burst_packets_bucket{lcore="1",le="1.0"} 1
natto_worker_burst_packets_bucket{lcore="1",le="2.0"} 3
natto_worker_burst_packets_bucket{lcore="1",le="4.0"} 6
natto_worker_burst_packets_bucket{lcore="1",le="8.0"} 6
natto_worker_burst_packets_bucket{lcore="1",le="16.0"} 6
natto_worker_burst_packets_bucket{lcore="1",le="32.0"} 7
natto_worker_burst_packets_bucket{lcore="1",le="+Inf"} 7
natto_worker_burst_packets_sum{lcore="1"} 100
natto_worker_burst_packets_count{lcore="1"} 7
natto_worker_longest_gap_seconds{lcore="1"} 0.5
natto_rule_packets_total{rule="orders",direction="there"} 1
natto_rule_packets_total{rule="orders",direction="back"} 3
natto_rule_bytes_total{rule="orders",direction="there"} 2
natto_rule_bytes_total{rule="orders",direction="back"} 4
natto_rule_refused_openings_total{rule="orders"} 5
natto_limit_passed_packets_total{limit="b in all"} 6
natto_limit_passed_bytes_total{limit="b in all"} 7
natto_limit_over_packets_total{limit="b in all"} 8
natto_limit_over_bytes_total{limit="b in all"} 9
natto_mapping_packets_total{mapping="a-app",realm="a",direction="from"} 10
natto_mapping_packets_total{mapping="a-app",realm="a",direction="to"} 12
natto_mapping_bytes_total{mapping="a-app",realm="a",direction="from"} 11
natto_mapping_bytes_total{mapping="a-app",realm="a",direction="to"} 13
natto_mapping_last_packet_timestamp_seconds{mapping="a-app",realm="a",direction="from"} 1764000000.125
)");
}

TEST(Series, ThatAreZeroAreThereBeforeTheyGrow) {
  const std::string text = series_of(made_up(), 0, ExpositionFormat::kText);
  for (const char* line :
       {"natto_health_findings{check=\"worker\"} 0", "natto_port_up{realm=\"b\"} 0",
        "natto_last_reload_successful 0", "natto_dropped_packets_total{reason=\"ipv6\"} 0",
        "natto_port_device_losses_total{realm=\"a\",counter=\"pps_allowance_exceeded\"} 0",
        "natto_worker_stalled{lcore=\"1\"} 0",
        "natto_mapping_last_packet_timestamp_seconds{mapping=\"a-app\",realm=\"a\","
        "direction=\"to\"} 0"}) {
    EXPECT_NE(text.find("\n" + std::string(line) + "\n"), std::string::npos) << line;
  }
}

TEST(Series, OfTheListAreAllThereAndNoOthers) {
  std::set<std::string> listed;
  for (const CounterInfo& counter : kCounters) {
    listed.insert(counter_metric_name(counter.member, counter.unit));
  }
#define X(enumerator, name, ...) listed.insert(name);
  NATTO_METRICS(X)
#undef X
  std::set<std::string> written;
  std::istringstream lines(series_of(made_up(), 0, ExpositionFormat::kText));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      const std::string name = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(written.insert(name).second) << name << " is there twice";
    }
  }
  EXPECT_EQ(written, listed);
}

TEST(Series, OfNoNattoSayThatItIsNotUp) {
  EXPECT_EQ(samples_of(series_of_none(ExpositionFormat::kText)), "");
  EXPECT_TRUE(series_of_none(ExpositionFormat::kText).ends_with("\nnatto_up 0\n"));
  EXPECT_TRUE(series_of_none(ExpositionFormat::kOpenMetrics).ends_with("\nnatto_up 0\n# EOF\n"));
}

TEST(Series, WithoutAReloadTellNothingOfTheLastOne) {
  Snapshot natto = made_up();
  natto.table.last_reload_ms = 0;
  EXPECT_EQ(series_of(natto, 0, ExpositionFormat::kText).find("last_reload"), std::string::npos);
}

TEST(MappingChoice, IsAllNoneOrNames) {
  using Filters = std::vector<std::string>;
  EXPECT_EQ(MappingChoice::parse("all")->filters(), Filters{""});
  EXPECT_EQ(MappingChoice::parse("none")->filters(), Filters{});
  EXPECT_EQ(MappingChoice::parse("a-app,10.0.0.0/8")->filters(), (Filters{"a-app", "10.0.0.0/8"}));
  for (const char* wrong : {"", ",", "a,", ",a", "a,,b"}) {
    ASSERT_FALSE(MappingChoice::parse(wrong).ok()) << wrong;
    EXPECT_EQ(MappingChoice::parse(wrong).error().kind, ErrorKind::kUsage);
  }
}

}  // namespace
}  // namespace natto
