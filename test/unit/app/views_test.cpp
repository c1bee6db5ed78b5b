#include "views.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "packet/counter_list.hpp"

namespace natto {
namespace {

using Rows = std::vector<api::MappingReport>;

TEST(Views, ShortNumbersAreIptables) {
  EXPECT_EQ(short_number(0, false), "0");
  EXPECT_EQ(short_number(99'999, false), "99999");
  EXPECT_EQ(short_number(100'000, false), "100K");
  EXPECT_EQ(short_number(9'999'400, false), "9999K");
  EXPECT_EQ(short_number(9'999'600, false), "10M");
  EXPECT_EQ(short_number(12'345'678'900'000, false), "12T");
  EXPECT_EQ(short_number(UINT64_MAX, true), "18446744073709551615");
}

TEST(Views, Ages) {
  EXPECT_EQ(age(0, 1'000'000), "never");
  EXPECT_EQ(age(1'000'000, 1'000'999), "0s");
  EXPECT_EQ(age(1'000'000, 1'059'999), "59s");
  EXPECT_EQ(age(1'000'000, 1'060'000), "1m");
  EXPECT_EQ(age(1'000'000, 1'000'000 + 3'599'000), "59m");
  EXPECT_EQ(age(1'000'000, 1'000'000 + 7'200'000), "2h");
  EXPECT_EQ(age(1'000'000, 1'000'000 + 3 * 86'400'000), "3d");
  EXPECT_EQ(age(2'000, 1'000), "0s") << "clocks differ a little";
}

Rows rows() {
  return {{.name = "a",
           .realm = "one",
           .real = "10.0.0.1",
           .mapped = "172.16.0.1",
           .line = 1,
           .from_packets = 10,
           .from_bytes = 840,
           .from_last_ms = 5'000,
           .to_packets = 1,
           .to_bytes = 99'000,
           .to_last_ms = 7'000},
          {.name = "b",
           .realm = "two",
           .real = "10.0.0.0/24",
           .mapped = "172.17.0.0/24",
           .line = 6,
           .from_packets = 250'000,
           .from_bytes = 1'000,
           .from_last_ms = 0,
           .to_packets = 2,
           .to_bytes = 2'000,
           .to_last_ms = 6'000}};
}

TEST(Views, AMappingIsALine) {
  const std::string view = mappings_view(rows(), 67'000, false);
  EXPECT_EQ(std::ranges::count(view, '\n'), 3);
  EXPECT_NE(view.find("     250K      1000  never           2      2000     1m   b "),
            std::string::npos)
      << view;
  EXPECT_NE(view.find("10.0.0.0/24        -> 172.17.0.0/24"), std::string::npos) << view;
  EXPECT_NE(mappings_view(rows(), 0, true).find("250000"), std::string::npos);
}

TEST(Views, DropsSayWhatTheyMean) {
  const std::string view = drops_view({.drops = {{.reason = "source_not_mapped",
                                                  .packets = 7,
                                                  .per_second = 3,
                                                  .meaning = "who is that",
                                                  .advice = "add a [[mapping]]"},
                                                 {.reason = "ttl_expired", .packets = 1}}});
  EXPECT_NE(view.find("source_not_mapped                           7         3/s\n"
                      "    who is that\n"
                      "    -> add a [[mapping]]\n"),
            std::string::npos)
      << view;
  EXPECT_LT(view.find("source_not_mapped"), view.find("ttl_expired"));
  EXPECT_EQ(drops_view({}), "nothing was dropped\n");
  EXPECT_EQ(drops_view({.hints = {{.counter = "checksum_half_made",
                                   .packets = 2,
                                   .meaning = "discarded elsewhere",
                                   .advice = "ethtool"}}}),
            "nothing was dropped\n"
            "not dropped, but:\n"
            "checksum_half_made                          2         0/s\n"
            "    discarded elsewhere\n"
            "    -> ethtool\n");
}

TEST(Views, SamplesOfDropsAreALineEach) {
  const std::string at = local_time(1'764'000'000'042);
  const std::string view = drops_view({.drops = {{.reason = "source_not_mapped",
                                                  .advice = "add",
                                                  .samples = {{.at_ms = 1'764'000'000'042,
                                                               .realm = "a",
                                                               .way = "in",
                                                               .source = "10.1.1.99",
                                                               .destination = "172.30.7.20",
                                                               .protocol = "tcp",
                                                               .source_port = 5000,
                                                               .destination_port = 443,
                                                               .ethertype = 0x800,
                                                               .length = 60},
                                                              {.at_ms = 1'764'000'000'042,
                                                               .realm = "b",
                                                               .way = "out",
                                                               .source = "10.1.1.99",
                                                               .destination = "172.30.7.20",
                                                               .protocol = "icmp",
                                                               .ethertype = 0x800,
                                                               .length = 84},
                                                              {.at_ms = 1'764'000'000'042,
                                                               .realm = "a",
                                                               .way = "in",
                                                               .ethertype = 0x86dd,
                                                               .length = 72}}}}});
  const std::string expected =
      "    -> add\n    " + at +
      ".042 from a: 10.1.1.99:5000 > 172.30.7.20:443, tcp, 60 bytes\n    " + at +
      ".042 to b: 10.1.1.99 > 172.30.7.20, icmp, 84 bytes\n    " + at +
      ".042 from a: ethertype 0x86dd, 72 bytes\n";
  EXPECT_NE(view.find(expected), std::string::npos) << view;
}

TEST(Views, WorkersInPercentAndCycles) {
  const std::string view = workers_view({.tsc_hz = 1'000'000'000,
                                         .workers = {{.lcore = 3,
                                                      .received = 640,
                                                      .polls = 1'000,
                                                      .busy_polls = 20,
                                                      .cycles = 1'000'000,
                                                      .busy_cycles = 64'000,
                                                      .longest_gap_cycles = 5'000,
                                                      .stalled = true}}});
  EXPECT_NE(view.find("6.4%"), std::string::npos) << view;
  EXPECT_NE(view.find("32.0"), std::string::npos) << "packets a busy poll";
  EXPECT_NE(view.find(" 100 "), std::string::npos) << "cycles a packet";
  EXPECT_NE(view.find("5.0 us"), std::string::npos);
  EXPECT_NE(view.find("STALLED"), std::string::npos);
}

TEST(Views, PortsShowHowTheyRunAndWhatTheyLose) {
  api::PortsReport ports{.ports = {{.realm = "a",
                                    .device = "0000:00:06.0",
                                    .driver = "net_ena",
                                    .mac = "02:00:00:00:00:01",
                                    .address = "10.0.0.1/24",
                                    .mtu = 9001,
                                    .state = "resetting",
                                    .state_since_ms = 1'764'000'000'000,
                                    .link = "up",
                                    .link_losses = 2,
                                    .resets = 3,
                                    .failed_resets = 4,
                                    .reset_cause = "the driver asked for it",
                                    .queues = 2,
                                    .rx_descriptors = 1024,
                                    .tx_descriptors = 512,
                                    .rss = "TCP, UDP",
                                    .checksum_offload = "off",
                                    .no_checksum_offload_because = "the configuration turns it off",
                                    .next_hop = "10.0.0.254",
                                    .counters = {{.name = "pps_allowance_exceeded",
                                                  .value = 500,
                                                  .last_minute = 20,
                                                  .meaning = "too many packets",
                                                  .advice = "send fewer"}}}}};
  const std::string view = ports_view(ports);
  EXPECT_NE(view.find("next hop 10.0.0.254 (ARP has no answer yet)"), std::string::npos) << view;
  ports.ports[0].next_hop_mac = "02:00:00:00:00:09";
  EXPECT_NE(ports_view(ports).find("next hop 10.0.0.254 02:00:00:00:00:09\n"), std::string::npos);
  ports.ports[0].next_hop_silent = true;
  EXPECT_NE(ports_view(ports).find("02:00:00:00:00:09 (no longer answers ARP)"), std::string::npos);
  EXPECT_NE(view.find("2 queue(s) with 1024 receive and 512 transmit descriptors; RSS TCP, UDP"),
            std::string::npos);
  EXPECT_NE(view.find("checksum offload off: the configuration turns it off"), std::string::npos);
  EXPECT_NE(view.find("500  +20 in the last minute"), std::string::npos);
  EXPECT_NE(view.find("too many packets\n      -> send fewer"), std::string::npos);
  EXPECT_NE(view.find("resetting since 20"), std::string::npos) << view;
  EXPECT_NE(
      view.find("; resets: 3; failed resets: 4 (because the driver asked for it); link lost: 2"),
      std::string::npos)
      << view;
  EXPECT_EQ(view.find("recover"), std::string::npos) << "what never happened is not shown";
  EXPECT_EQ(view.find("Mbit/s"), std::string::npos) << "an unknown speed is not shown";
  EXPECT_EQ(view.find("kernel"), std::string::npos);

  ports.ports[0].kernel_interface = "natto0";
  ports.ports[0].kernel_given = 7;
  ports.ports[0].kernel_taken = 8;
  EXPECT_NE(ports_view(ports).find(
                "kernel interface natto0: 7 packets to it, 8 from it, 0 from it refused"),
            std::string::npos);

  std::uint64_t next = 1'000'000;
#define X(member, direction, ...)              \
  ports.ports[0].direction##_packets = next++; \
  ports.ports[0].direction##_per_second = next++;
  NATTO_PORT_COUNTERS(X)
#undef X
#define X(member, ...) ports.ports[0].kernel_##member = next++;
  NATTO_KERNEL_COUNTERS(X)
#undef X
  const std::string all = ports_view(ports);
  for (std::uint64_t n = 1'000'000; n < next; ++n) {
    EXPECT_NE(all.find(std::to_string(n)), std::string::npos) << all;
  }
}

TEST(Views, AReloadEndsWithItsNumbers) {
  const api::ReloadReport report{.version = 4,
                                 .mappings = 3,
                                 .added = 1,
                                 .removed = 0,
                                 .changed = 2,
                                 .digest_before = "aa",
                                 .digest_after = "bb",
                                 .parse_us = 10,
                                 .build_us = 20,
                                 .grace_us = 30,
                                 .grace_pending = true,
                                 .text = "+ x\n"};
  EXPECT_EQ(reload_view(report, false),
            "+ x\n"
            "version 4, 3 mappings: 1 added, 0 removed, 2 changed\n"
            "digest aa -> bb\n"
            "parse 10 us, build 20 us, grace period 30 us\n"
            "a worker still uses the old table: see natto show workers\n");
  EXPECT_TRUE(
      reload_view(report, true).starts_with("+ x\na reload would give 3 mappings: 1 added"));
}

TEST(Views, AReloadOfAnEqualTableSaysThatNothingChanged) {
  const api::ReloadReport report{.version = 4,
                                 .mappings = 3,
                                 .digest_before = "aa",
                                 .digest_after = "aa",
                                 .config_changed = {"dpdk lcores"}};
  EXPECT_EQ(reload_view(report, false),
            "version 4, 3 mappings: 0 added, 0 removed, 0 changed\n"
            "digest aa -> aa\n"
            "no change: version 4 stays\n"
            "natto.toml: dpdk lcores differs from what natto runs with; a restart applies it\n");
}

TEST(Views, ATableSaysHowItsFileStands) {
  api::TableReport table{.file = "/m.toml", .file_state = "same", .read_from = "/m.toml"};
  EXPECT_EQ(table_view(table).find("file:"), std::string::npos);
  EXPECT_EQ(table_view(table).find("read from"), std::string::npos);
  table.file_state = "differs";
  table.read_from = "/state/table.toml";
  EXPECT_NE(table_view(table).find("file: differs from the table in force"), std::string::npos);
  EXPECT_NE(table_view(table).find("read from    /state/table.toml\n"), std::string::npos);
  table.file_state = "refused";
  table.file_error = "/m.toml:5:10: wrong";
  EXPECT_NE(table_view(table).find(": /m.toml:5:10: wrong\n"), std::string::npos);
  EXPECT_NE(table_view(table).find("file: refused since "), std::string::npos);
  table.file_error += "\n/m.toml:6:1: wrong as well";
  EXPECT_NE(table_view(table).find(": wrong (more errors: natto check)\n"), std::string::npos);
  table.file_error = "/m.toml: takes much away\n  if that is meant: natto reload --confirm D";
  EXPECT_NE(table_view(table).find(": /m.toml: takes much away\n"
                                   "  if that is meant: natto reload --confirm D\n"),
            std::string::npos)
      << table_view(table);
  table.file_error += "\nmore";
  EXPECT_NE(table_view(table).find("--confirm D (more errors: natto check)\n"), std::string::npos);
}

TEST(Views, ARoleSaysWhoGaveItAndHowThePeerStands) {
  api::RoleReport role{.role = "standby", .version = 3, .digest = "9f2c"};
  EXPECT_TRUE(role_view(role).starts_with("role         standby since "));
  EXPECT_EQ(role_view(role).find("peer"), std::string::npos);
  role = {.role = "active",
          .who = "root (uid 0), pid 3 (natto)",
          .announcing = true,
          .to_announce = 17,
          .peer = "natto-b"};
  EXPECT_NE(role_view(role).find(" by root (uid 0), pid 3 (natto)\n"), std::string::npos);
  EXPECT_NE(role_view(role).find("announcing   17 more"), std::string::npos);
  EXPECT_NE(role_view(role).find("peer         natto-b: its table is not known\n"),
            std::string::npos);
  role.peer_told_ms = 1'764'000'000'000;
  EXPECT_NE(role_view(role).find("peer         natto-b: the same table at "), std::string::npos);
  role.peer_differs = true;
  EXPECT_NE(role_view(role).find("peer         natto-b: another table at "), std::string::npos);
}

TEST(Views, ATableSaysWhoLoadedIt) {
  EXPECT_EQ(table_view({}).find("serial"), std::string::npos);
  EXPECT_EQ(table_view({}).find("signed by"), std::string::npos);
  EXPECT_NE(table_view({.serial = 7, .signed_by = {"company-a", "company-b"}})
                .find("serial       7\nsigned by    company-a, company-b\n"),
            std::string::npos);
  const api::TableReport table{
      .version = 3, .trigger = "natto reload", .who = "root (uid 0), pid 3 (natto)"};
  EXPECT_NE(table_view(table).find("version      3\n"), std::string::npos);
  EXPECT_NE(table_view(table).find("(natto reload by root (uid 0), pid 3 (natto))"),
            std::string::npos);
}

}  // namespace
}  // namespace natto
