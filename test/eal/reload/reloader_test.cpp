#include "reload/reloader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rte_malloc.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <thread>

#include "audit/audit_reader.hpp"
#include "config/state_folder.hpp"
#include "dpdk/eal.hpp"
#include "eal/failing_allocation.hpp"
#include "eal/lab.hpp"
#include "table/loader.hpp"
#include "table/table_digest.hpp"

namespace natto {
namespace {

using namespace std::chrono_literals;
using test::kA;
using test::Lab;
using test::make_mapping;

std::string mapping_text(std::string_view name, std::string_view realm, std::string_view real,
                         std::string_view mapped) {
  return fmt::format("[[mapping]]\nname = \"{}\"\nrealm = \"{}\"\nreal = \"{}\"\nmapped = \"{}\"\n",
                     name, realm, real, mapped);
}

const std::string kFirst = mapping_text("host-a", "a", "10.1.1.10", "172.31.1.10");
constexpr std::string_view kNattoToml = R"([[port]]
realm = "a"
device = "net_ring0"
address = "10.1.0.1/16"

[[port]]
realm = "b"
device = "net_ring1"
address = "192.168.0.1/16"

[table]
file = "mappings.toml"
)";

const std::string kSecond = kFirst + mapping_text("host-b", "b", "192.168.7.20", "172.30.7.20");

/// A running table that came from a file in a folder of its own.
class ReloaderTest : public testing::Test {
 protected:
  ReloaderTest()
      : folder_(make_folder()),
        config_(make_config(folder_)),
        table_{{make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10")}},
        lab_({.mappings = table_.mappings}),
        live_(lab_.dataplane(), first_version()),
        reloader_(config_, lab_.dataplane(), live_, {}, KeptTable(config_), &trail_,
                  {.debounce = 20ms, .stall = 20ms, .grace = 60ms, .keep_again = 50ms}) {
    write(kFirst);
  }
  ~ReloaderTest() override {
    reloader_.stop();
    std::filesystem::remove_all(folder_);
  }

  /// Asks the thread, and waits for the outcome. None after the end.
  std::optional<ReloadOutcome> ask() {
    std::promise<ReloadOutcome> outcome;
    const bool taken = reloader_.request(
        {ReloadKind::kReload, "natto reload", "me", {}, [&](const ReloadOutcome& o) {
           outcome.set_value(o);
         }});
    return taken ? std::optional(outcome.get_future().get()) : std::nullopt;
  }

  static std::filesystem::path make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "natto-reload-XXXXXX").string();
    return mkdtemp(name.data());
  }
  static Config make_config(const std::filesystem::path& folder) {
    std::ofstream(folder / "natto.toml") << kNattoToml;
    Config config = load_config(folder / "natto.toml").value();
    config.state.directory = folder / "state";
    return config;
  }
  std::shared_ptr<const LoadedTable> first_version() {
    auto version = test::make_version(1, table_.mappings, table_digest(table_, config_));
    test::start_with(lab_.dataplane(), *version);
    return version;
  }

  void write(std::string_view text) { std::ofstream(config_.table_file) << text; }
  void write_config(std::string_view text) { std::ofstream(config_.file) << text; }
  /// As editors and configuration management do.
  void replace_by_rename(std::string_view text) {
    std::ofstream(folder_ / ".new") << text;
    std::filesystem::rename(folder_ / ".new", config_.table_file);
  }

  ReloadOutcome reload(ReloadKind kind = ReloadKind::kReload, const std::string& confirm = "") {
    return reloader_.run({.kind = kind,
                          .trigger = "test",
                          .who = "me",
                          .by = {.kind = Actor::Kind::kClient, .process = 4711},
                          .confirm = confirm});
  }
  [[nodiscard]] std::uint64_t version() const { return live_.current()->version(); }
  [[nodiscard]] std::size_t mappings() const { return live_.current()->table->mappings.size(); }

  /// What the next start falls back to.
  [[nodiscard]] std::size_t kept_mappings() const {
    const auto kept = load_mappings(KeptTable(config_).file(), config_);
    return kept ? kept->mappings.size() : 0;
  }
  [[nodiscard]] std::string rolled_back() const { return KeptTable(config_).rolled_back(); }
  [[nodiscard]] bool file_differs() const {
    return reloader_.file_state().differs(live_.current()->digest);
  }

  static std::size_t resident_bytes() {
    std::size_t all = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;  // in pages
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  }

  static bool soon(const std::function<bool()>& condition) {
    for (int i = 0; i < 1'000; ++i) {
      if (condition()) {
        return true;
      }
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  void start() { ASSERT_TRUE(reloader_.start(allowed_cpus()).ok()); }

  std::filesystem::path folder_;
  Config config_;
  MappingTable table_;
  Lab lab_;
  LiveTable live_;
  AuditTrail trail_{audit_file(config_), [](bool, const std::string&) {}};
  Reloader reloader_;
};

TEST_F(ReloaderTest, EachChangeAndRefusalIsRecordedAndAFileThatSaysTheSameIsNot) {
  trail_.start({0});
  start();
  write(kSecond);
  ASSERT_TRUE(soon([this] { return version() == 2; }));
  write("# the same\n" + kSecond);
  ASSERT_TRUE(soon([this] { return reloader_.reloads() == 2; }));
  reloader_.stop();
  reload();
  reload(ReloadKind::kDryRun);
  write(kSecond + "[[mapping]]\n");
  reload();
  reload(ReloadKind::kRollback);
  trail_.stop();
  std::vector<std::string> told;
  ASSERT_TRUE(for_each_line(audit_file(config_),
                            [&told](std::string_view line) { told.push_back(audit_text(line)); }));
  ASSERT_EQ(told.size(), 4U);
  EXPECT_NE(told[0].find(" reload (file changed) by " + config_.table_file.string() + ", of "),
            std::string::npos);
  EXPECT_TRUE(told[0].ends_with("\n    + host-b: b 192.168.7.20 <-> 172.30.7.20\n")) << told[0];
  EXPECT_NE(told[1].find(" reload (test) by root (uid 0), pid 4711; version 2, 2 mapping(s)"),
            std::string::npos)
      << told[1];
  EXPECT_NE(told[2].find(" refused (test) by "), std::string::npos);
  EXPECT_NE(told[2].find("mappings.toml:11:1: "), std::string::npos) << told[2];
  EXPECT_NE(told[3].find(" rollback (test) by "), std::string::npos);
  EXPECT_TRUE(told[3].ends_with("\n    - host-b: b 192.168.7.20 <-> 172.30.7.20\n"));
}

TEST_F(ReloaderTest, TheAuditNamesTheFileThatChanged) {
  trail_.start({0});
  start();
  write_config("x = 1\n");
  ASSERT_TRUE(soon([this] { return reloader_.file_state().refused(); }));
  reloader_.stop();
  trail_.stop();
  std::vector<std::string> told;
  ASSERT_TRUE(for_each_line(audit_file(config_),
                            [&told](std::string_view line) { told.push_back(audit_text(line)); }));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find(" refused (file changed) by " + config_.file.string() + ", of "),
            std::string::npos)
      << told[0];
}

TEST_F(ReloaderTest, AnotherSerialOfTheSameTableIsRecordedAndLogged) {
  trail_.start({0});
  start();
  testing::internal::CaptureStderr();
  for (std::uint64_t serial = 1; serial <= 2; ++serial) {
    write(fmt::format("serial = {}\n", serial) + kFirst);
    ASSERT_TRUE(soon([&] { return live_.current()->table->serial == serial; }));
  }
  reloader_.stop();
  const std::string log = testing::internal::GetCapturedStderr();
  trail_.stop();
  std::vector<std::string> told;
  ASSERT_TRUE(for_each_line(audit_file(config_),
                            [&told](std::string_view line) { told.push_back(audit_text(line)); }));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_NE(told[1].find(" reload (file changed) by "), std::string::npos) << told[1];
  EXPECT_NE(told[1].find("serial 2"), std::string::npos) << told[1];
  for (const char* serial : {"1", "2"}) {
    EXPECT_NE(log.find(fmt::format("stays, now with serial {}, signed by nobody", serial)),
              std::string::npos)
        << log;
  }
}

TEST_F(ReloaderTest, ATableThatTakesMuchAwayIsConfirmedByItsDigest) {
  std::string twenty;
  for (int i = 1; i <= 20; ++i) {
    twenty += mapping_text(fmt::format("m{}", i), "a", fmt::format("10.1.1.{}", i),
                           fmt::format("172.31.1.{}", i));
  }
  write(twenty);
  ASSERT_FALSE(reload().refused) << "one of one mapping may go";
  const std::string empty = "mapping = []\n";
  write(empty);
  const ReloadOutcome refused = reload();
  EXPECT_EQ(refused.refused, ErrorKind::kInput);
  EXPECT_EQ(mappings(), 20U);
  EXPECT_TRUE(refused.text.starts_with(config_.table_file.string() +
                                       ": takes away 20 of 20 mappings, and [table] max_removed is "
                                       "0.5\n  if that is meant: natto reload --confirm "))
      << refused.text;
  const ReloadOutcome dry = reload(ReloadKind::kDryRun);
  EXPECT_FALSE(dry.refused);
  EXPECT_EQ(dry.removed, 20U);
  EXPECT_TRUE(dry.text.ends_with("natto reload --confirm " + dry.digest_after + "\n")) << dry.text;
  EXPECT_TRUE(refused.text.ends_with(dry.digest_after));

  const ReloadOutcome other = reload(ReloadKind::kReload, live_.current()->digest);
  EXPECT_EQ(other.refused, ErrorKind::kInput);
  EXPECT_NE(other.text.find("another table was confirmed than the file's, whose digest is " +
                            dry.digest_after),
            std::string::npos)
      << other.text;
  EXPECT_EQ(mappings(), 20U);
  const ReloadOutcome confirmed = reload(ReloadKind::kReload, dry.digest_after);
  EXPECT_FALSE(confirmed.refused);
  EXPECT_TRUE(confirmed.confirmed);
  EXPECT_EQ(mappings(), 0U);
  EXPECT_FALSE(reload(ReloadKind::kRollback).confirmed);
  EXPECT_EQ(mappings(), 20U);
  EXPECT_FALSE(reload(ReloadKind::kRollback).refused) << "the operator knows what he goes back to";
  EXPECT_EQ(mappings(), 0U);
}

TEST_F(ReloaderTest, AnOldSerialIsRefusedAndARollbackIsNot) {
  const auto serial = [](int number, const std::string& mappings) {
    return fmt::format("serial = {}\n", number) + mappings;
  };
  write(serial(2, kSecond));
  ASSERT_FALSE(reload().refused);
  for (const std::string& old : {serial(2, kFirst), serial(1, kFirst), kFirst}) {
    write(old);
    const ReloadOutcome outcome = reload();
    EXPECT_EQ(outcome.refused, ErrorKind::kInput) << old;
    EXPECT_NE(outcome.text.find("and a table with serial 2 and digest "), std::string::npos);
    EXPECT_EQ(reload(ReloadKind::kDryRun).refused, ErrorKind::kInput);
    EXPECT_EQ(version(), 2U);
  }
  write(serial(1, kSecond));
  EXPECT_EQ(reload().refused, ErrorKind::kInput) << "it says what is in force, and is an old one";
  write(serial(2, kSecond));
  EXPECT_FALSE(reload().refused) << "it is in force";
  EXPECT_EQ(version(), 2U);
  write(serial(5, kSecond));
  EXPECT_TRUE(reload().no_change());
  EXPECT_EQ(live_.current()->table->serial, 5U);
  EXPECT_EQ(KeptTable(config_).record()->newest.serial, 5U);
  write(serial(5, kFirst));
  EXPECT_EQ(reload().refused, ErrorKind::kInput);

  write(serial(6, kFirst));
  ASSERT_FALSE(reload().refused);
  ASSERT_FALSE(reload(ReloadKind::kRollback).refused);
  EXPECT_EQ(live_.current()->table->serial, 5U);
  write(serial(5, kSecond));
  EXPECT_FALSE(reload().refused);
  write(serial(6, kSecond + mapping_text("c", "b", "192.168.7.30", "172.30.7.30")));
  EXPECT_EQ(reload().refused, ErrorKind::kInput) << "6 was another one";
  write(serial(6, kFirst));
  EXPECT_FALSE(reload().refused) << "the one that was rolled back from";

  // What is known outlives natto.
  Reloader next(config_, lab_.dataplane(), live_, {}, KeptTable(config_), nullptr, {});
  write(serial(6, kSecond));
  EXPECT_EQ(next.run({ReloadKind::kReload, "test", "me"}).refused, ErrorKind::kInput);
}

TEST_F(ReloaderTest, AReloadSaysWhatItDid) {
  write(kSecond);
  const ReloadOutcome outcome = reload();
  EXPECT_FALSE(outcome.refused);
  EXPECT_EQ(outcome.version, 2U);
  EXPECT_EQ(outcome.mappings, 2U);
  EXPECT_EQ(outcome.added, 1U);
  EXPECT_EQ(outcome.text, "+ host-b: b 192.168.7.20 <-> 172.30.7.20\n");
  EXPECT_EQ(outcome.digest_after, live_.current()->digest);
  EXPECT_NE(outcome.digest_after, outcome.digest_before);
  EXPECT_EQ(live_.current()->trigger, "test");
  EXPECT_EQ(live_.current()->who, "me");
  EXPECT_NE(lab_.dataplane().table.read().look_up({kMappedScope, Ipv4Address::of(172, 30, 7, 20)}),
            nullptr);
}

TEST_F(ReloaderTest, F2_ABadFileChangesNothing) {
  const std::string digest = live_.current()->digest;
  write(kSecond + "[[mapping]]\nname = \"x\"\nreal = \"10.0.0.300\"\n");
  const ReloadOutcome outcome = reload();
  EXPECT_EQ(outcome.refused, ErrorKind::kInput);
  const std::string file = config_.table_file.string();
  EXPECT_NE(outcome.text.find(file + ":11:"), std::string::npos) << outcome.text;
  EXPECT_GE(std::ranges::count(outcome.text, '\n'), 1) << "every mistake in one go";
  EXPECT_EQ(version(), 1U);
  EXPECT_EQ(live_.current()->digest, digest);
  EXPECT_EQ(outcome.digest_after, digest);
  std::filesystem::remove(config_.table_file);
  EXPECT_EQ(reload().refused, ErrorKind::kInput);
  EXPECT_EQ(version(), 1U);
}

TEST_F(ReloaderTest, ADryRunChangesNothing) {
  write(kSecond);
  const ReloadOutcome outcome = reload(ReloadKind::kDryRun);
  EXPECT_EQ(outcome.added, 1U);
  EXPECT_EQ(outcome.version, 1U);
  EXPECT_EQ(outcome.text, "+ host-b: b 192.168.7.20 <-> 172.30.7.20\n");
  EXPECT_EQ(mappings(), 1U);
  EXPECT_FALSE(reloader_.rollback_possible());
}

TEST_F(ReloaderTest, ARollbackBringsTheTableBeforeBackAndForth) {
  EXPECT_EQ(reload(ReloadKind::kRollback).refused, ErrorKind::kInput) << "there is none yet";
  const std::string digest = live_.current()->digest;
  write(kSecond);
  reload();
  EXPECT_TRUE(reloader_.rollback_possible());
  EXPECT_EQ(reload(ReloadKind::kRollback).digest_after, digest);
  EXPECT_EQ(version(), 3U);
  EXPECT_EQ(mappings(), 1U);
  reload(ReloadKind::kRollback);
  EXPECT_EQ(mappings(), 2U);
  reload();
  EXPECT_EQ(version(), 4U);
  reload(ReloadKind::kRollback);
  EXPECT_EQ(mappings(), 1U) << "a reload that changed nothing is none to undo";
}

TEST_F(ReloaderTest, AnEqualTableMakesNoVersionAndOneLineInTheLog) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 200; ++i) {
    const ReloadOutcome outcome = reload();
    EXPECT_FALSE(outcome.refused);
    EXPECT_TRUE(outcome.no_change());
    EXPECT_EQ(outcome.version, 1U);
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(log, '\n'), 1) << log;
  EXPECT_NE(log.find("no change, version 1 with digest"), std::string::npos) << log;
  EXPECT_EQ(reloader_.reloads(), 200U);
  EXPECT_FALSE(reloader_.rollback_possible());
}

TEST_F(ReloaderTest, AnEqualTableIsCitedByItsNewLines) {
  write(kSecond);
  reload();
  const std::string host_b = kSecond.substr(kFirst.size());
  write("# moved\n" + host_b + kFirst);
  EXPECT_TRUE(reload().no_change());
  EXPECT_EQ(version(), 2U);
  const auto& table = *live_.current()->table;
  EXPECT_EQ(table.mappings[0].name, "host-a") << "counters go by index";
  EXPECT_EQ(table.mappings[0].line, 7U);
  EXPECT_EQ(table.mappings[1].line, 2U);
  EXPECT_EQ(table.file, config_.table_file);
}

TEST_F(ReloaderTest, KeepsTheTableInForce) {
  start();
  EXPECT_TRUE(soon([&] { return kept_mappings() == 1; })) << "from the start on";
  write(kSecond);
  ask();
  EXPECT_EQ(kept_mappings(), 2U);
  EXPECT_EQ(rolled_back(), "");
  const std::string digest = live_.current()->digest;
  std::promise<void> done;
  reloader_.request(
      {ReloadKind::kRollback, "natto rollback", "me", {}, [&](const auto&) { done.set_value(); }});
  done.get_future().get();
  EXPECT_EQ(kept_mappings(), 1U);
  EXPECT_EQ(rolled_back(), digest);
  EXPECT_TRUE(file_differs());
  ask();
  EXPECT_EQ(kept_mappings(), 2U);
  EXPECT_EQ(rolled_back(), "");
  EXPECT_FALSE(file_differs());
}

TEST_F(ReloaderTest, WhatWasRolledBackFromComesBackIfAPersonAsksForIt) {
  write(kSecond);
  reload();
  reload(ReloadKind::kRollback);
  const auto follow = [this] {
    return reloader_.run({.kind = ReloadKind::kReload,
                          .trigger = "file changed",
                          .who = "",
                          .by = {Actor::Kind::kFile}});
  };
  testing::internal::CaptureStderr();
  for (const std::string& text :
       {kSecond, "# touched\n" + kSecond, std::string("nonsense"), kSecond}) {
    write(text);
    follow();
    EXPECT_EQ(mappings(), 1U) << text;
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("says what a rollback took out of force, and version 3 with digest"),
            std::string::npos)
      << log;
  EXPECT_TRUE(file_differs());
  EXPECT_FALSE(rolled_back().empty()) << "nor at the next start";
  EXPECT_FALSE(reload().refused);
  EXPECT_EQ(mappings(), 2U);
  EXPECT_EQ(rolled_back(), "");

  // Another table ends the rollback.
  reload(ReloadKind::kRollback);
  const std::string third = kFirst + mapping_text("c", "b", "192.168.7.30", "172.30.7.30");
  for (const std::string& text : {third, kSecond}) {
    write(text);
    EXPECT_EQ(follow().added, 1U);
  }
}

TEST_F(ReloaderTest, AFileThatSaysWhatWasRolledBackToEndsTheRollback) {
  write(kSecond);
  reload();
  reload(ReloadKind::kRollback);
  write(kFirst);
  EXPECT_TRUE(reload().no_change());
  EXPECT_FALSE(file_differs());
  EXPECT_EQ(rolled_back(), "") << "or the next start passes the second table over";
}

TEST_F(ReloaderTest, ARefusedFileIsKnownUntilItIsRight) {
  write("nonsense");
  reload(ReloadKind::kDryRun);
  EXPECT_FALSE(reloader_.file_state().refused()) << "a dry run changes nothing";
  reload();
  const TableFileState first = reloader_.file_state();
  EXPECT_TRUE(first.refusal.starts_with(config_.table_file.string() + ":1:9: ")) << first.refusal;
  EXPECT_GT(first.refused_since, std::chrono::system_clock::time_point());
  std::this_thread::sleep_for(2ms);
  reload();
  EXPECT_EQ(reloader_.file_state().refused_since, first.refused_since);
  reload(ReloadKind::kRollback);
  EXPECT_TRUE(reloader_.file_state().refused());
  EXPECT_EQ(kept_mappings(), 0U) << "no table came into force";
  write(kFirst);
  reload();
  EXPECT_FALSE(reloader_.file_state().refused());
}

TEST_F(ReloaderTest, WhereNothingCanBeKeptTheLogSaysSoOnceAndNothingFails) {
  std::ofstream(folder_ / "state") << "no folder";
  testing::internal::CaptureStderr();
  write(kSecond);
  EXPECT_FALSE(reload().refused);
  write(kFirst);
  EXPECT_FALSE(reload().refused);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(log, '\n'), 3) << "two reloads and a warning: " << log;
  EXPECT_NE(log.find("the table in force is not kept for the next start: " +
                     (folder_ / "state").string()),
            std::string::npos)
      << log;
}

TEST_F(ReloaderTest, KeepingIsTriedAgainUntilItWorks) {
  std::ofstream(folder_ / "state") << "no folder";
  start();
  EXPECT_TRUE(soon([this] { return !reloader_.not_kept().empty(); }));
  EXPECT_NE(reloader_.not_kept().find((folder_ / "state").string()), std::string::npos);
  std::filesystem::remove(folder_ / "state");
  EXPECT_TRUE(soon([this] { return kept_mappings() == 1; }));
  EXPECT_TRUE(soon([this] { return reloader_.not_kept().empty(); }));
}

TEST_F(ReloaderTest, AChangedConfigIsNamedByItsKeysAndNotApplied) {
  std::string text(kNattoToml);
  text.insert(text.find("[table]"), "mtu = 1400\n\n[dpdk]\nlcores = \"2\"\n");
  write_config(text);
  testing::internal::CaptureStderr();
  const std::vector<std::string> keys = {"dpdk lcores", "port 1 mtu"};
  EXPECT_EQ(reload(ReloadKind::kDryRun).config_changed, keys);
  const ReloadOutcome outcome = reload();
  EXPECT_EQ(outcome.config_changed, keys);
  EXPECT_FALSE(outcome.refused);
  const std::string log = testing::internal::GetCapturedStderr();
  const auto said = log.find("a restart applies it: dpdk lcores, port 1 mtu");
  EXPECT_NE(said, std::string::npos) << log;
  EXPECT_EQ(log.find("a restart applies it", said + 1), std::string::npos) << "it is said once";
  write_config(kNattoToml);
  EXPECT_TRUE(reload().config_changed.empty());
}

TEST_F(ReloaderTest, ABrokenConfigIsAnErrorBesideThoseOfTheTable) {
  write_config("x = 1\n");
  for (const ReloadKind kind : {ReloadKind::kDryRun, ReloadKind::kReload}) {
    const ReloadOutcome outcome = reload(kind);
    EXPECT_EQ(outcome.refused, ErrorKind::kInput);
    EXPECT_NE(outcome.text.find(config_.file.string() + ":1:1: "), std::string::npos);
    EXPECT_EQ(outcome.text.find(config_.table_file.string()), std::string::npos);
  }
  write("nonsense");
  EXPECT_NE(reload().text.find("\n" + config_.table_file.string() + ":1:"), std::string::npos);
}

TEST_F(ReloaderTest, MemoryThatALargeTableTookGoesBackToTheSystem) {
  if (!test::kOperatorNewFails) {
    GTEST_SKIP() << "a sanitizer's allocator keeps what is freed";
  }
  std::ofstream file(config_.table_file);
  for (int i = 0; i < 100'000; ++i) {
    file << mapping_text(fmt::format("m{}", i), "a",
                         fmt::format("10.{}.{}.{}", 2 + i / 65536, i / 256 % 256, i % 256),
                         fmt::format("172.{}.{}.{}", 16 + i / 65536, i / 256 % 256, i % 256));
  }
  file.close();
  start();
  const std::size_t before = resident_bytes();
  std::promise<std::size_t> added;
  reloader_.request({ReloadKind::kDryRun, "test", "me", {}, [&](const ReloadOutcome& outcome) {
                       added.set_value(outcome.added);
                     }});
  EXPECT_EQ(added.get_future().get(), 100'000U);
  EXPECT_TRUE(soon([&] { return resident_bytes() < before + (std::size_t{16} << 20); }))
      << resident_bytes() - before << " bytes more";
}

TEST_F(ReloaderTest, FollowsTheFileHoweverItIsReplaced) {
  start();
  write(kSecond);
  EXPECT_TRUE(soon([&] { return mappings() == 2; })) << "written in place";
  replace_by_rename(kFirst);
  EXPECT_TRUE(soon([&] { return mappings() == 1; })) << "replaced by rename";
  // A volume as Kubernetes mounts it: a link to a link that is swapped.
  std::filesystem::create_directory(folder_ / "v1");
  std::ofstream(folder_ / "v1" / "mappings.toml") << kSecond;
  std::filesystem::create_directory_symlink("v1", folder_ / "data");
  std::filesystem::create_symlink("data/mappings.toml", folder_ / "link");
  std::filesystem::rename(folder_ / "link", config_.table_file);
  EXPECT_TRUE(soon([&] { return mappings() == 2; })) << "became a link";
  std::filesystem::create_directory(folder_ / "v2");
  std::ofstream(folder_ / "v2" / "mappings.toml") << kFirst;
  std::filesystem::create_directory_symlink("v2", folder_ / "data_new");
  std::filesystem::rename(folder_ / "data_new", folder_ / "data");
  EXPECT_TRUE(soon([&] { return mappings() == 1; })) << "the link was swapped";
  EXPECT_EQ(reloader_.refusals(), 0U);
}

TEST_F(ReloaderTest, NoticesAFileThatIsTakenAwayOrGivenOtherRights) {
  const std::filesystem::path away = folder_ / "away.toml";
  start();
  const auto is_refused = [this] { return reloader_.file_state().refused(); };
  const auto is_right = [this] { return !reloader_.file_state().refused(); };
  std::filesystem::rename(config_.table_file, away);
  EXPECT_TRUE(soon(is_refused)) << "moved away";
  std::filesystem::rename(away, config_.table_file);
  EXPECT_TRUE(soon(is_right));
  std::filesystem::remove(config_.table_file);
  EXPECT_TRUE(soon(is_refused)) << "deleted";
  write(kFirst);
  EXPECT_TRUE(soon(is_right));
  const std::uint64_t reloads = reloader_.reloads();
  std::filesystem::permissions(config_.table_file, std::filesystem::perms::owner_read);
  EXPECT_TRUE(soon([&] { return reloader_.reloads() > reloads; })) << "other rights";
  EXPECT_EQ(version(), 1U);
}

TEST_F(ReloaderTest, FollowsTheFileIntoANewFolder) {
  start();
  ASSERT_TRUE(soon([&] { return kept_mappings() == 1; })) << "nobody writes there any more";
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directory(folder_);
  replace_by_rename(kSecond);
  EXPECT_TRUE(soon([&] { return reloader_.file_state().refused(); })) << "natto.toml is missing";
  write_config(kNattoToml);
  EXPECT_TRUE(soon([&] { return mappings() == 2; }));
}

TEST_F(ReloaderTest, OtherFilesAndUnfinishedOnesAreNotItsBusiness) {
  start();
  std::ofstream(folder_ / "other.toml") << kSecond;
  std::ofstream(folder_ / ".mappings.toml.new") << kSecond;  // written, and never renamed
  std::this_thread::sleep_for(150ms);
  EXPECT_EQ(version(), 1U);
  EXPECT_EQ(reloader_.refusals(), 0U);
}

TEST_F(ReloaderTest, ABurstOfChangesIsOneReload) {
  start();
  for (int i = 0; i < 50; ++i) {
    replace_by_rename(i % 2 == 0 ? kFirst : kSecond);
  }
  EXPECT_TRUE(soon([&] { return mappings() == 2; }));
  EXPECT_LE(version(), 5U);
}

TEST_F(ReloaderTest, AReloadThatWasAskedForIsNotRepeatedByTheFollower) {
  start();
  replace_by_rename(kSecond);
  EXPECT_EQ(ask()->version, 2U);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(version(), 2U);
}

TEST_F(ReloaderTest, WhoeverAsksGetsTheOutcome) {
  start();
  write(kSecond);
  const auto outcome = ask();
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->refused);
  EXPECT_EQ(mappings(), 2U);
  write(kFirst);
  reloader_.request({ReloadKind::kReload, "SIGHUP", ""});
  EXPECT_TRUE(soon([&] { return live_.current()->trigger == "SIGHUP"; }));
  reloader_.stop();
  EXPECT_FALSE(ask());
}

TEST_F(ReloaderTest, RequestsThatAreLetGoLetGoOfWhoAsked) {
  const auto asker = std::make_shared<int>();
  const auto done = [asker](const ReloadOutcome&) {};
  std::size_t taken = 0;  // before the start: they wait
  while (reloader_.request({ReloadKind::kReload, "natto reload", "me", {}, done})) {
    ++taken;
  }
  EXPECT_EQ(taken, Reloader::kMaxWaiting);
  reloader_.stop();
  EXPECT_EQ(asker.use_count(), 2) << "this test's own, and that of done";
}

TEST_F(ReloaderTest, F3_AStalledWorkerDelaysTheFreeAndIsNamed) {
  Quiescence& quiescence = lab_.dataplane().quiescence;
  quiescence.enter(0);
  lab_.dataplane().activity[0].last_tsc.set(1);
  write(kSecond);
  testing::internal::CaptureStderr();
  const ReloadOutcome outcome = reload();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(outcome.grace_pending);
  EXPECT_EQ(mappings(), 2U) << "new packets see the new table all the same";
  EXPECT_NE(log.find("worker 0 has not polled"), std::string::npos) << log;
  quiescence.report(0);
  EXPECT_TRUE(live_.reclaim());
  quiescence.leave(0);
}

TEST_F(ReloaderTest, TheLogSaysWhoChangedWhat) {
  write(kSecond);
  testing::internal::CaptureStderr();
  const ReloadOutcome outcome = reload();
  const std::string log = testing::internal::GetCapturedStderr();
  for (const std::string& part : {std::string("test by me"), outcome.digest_before,
                                  outcome.digest_after, std::string("1 added")}) {
    EXPECT_NE(log.find(part), std::string::npos) << part << " is not in " << log;
  }
  EXPECT_EQ(std::ranges::count(log, '\n'), 1);
}

TEST_F(ReloaderTest, WhoAsksCannotForgeALogLine) {
  testing::internal::CaptureStderr();
  reloader_.run({ReloadKind::kReload, "natto reload", "me\nnatto: reload 9 (file changed)"});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(log, '\n'), 1) << log;
}

TEST_F(ReloaderTest, F2_AnAllocationThatFailsAnywhereLeavesTheOldTable) {
  write(kSecond);
  int refused = 0;
  for (int nth = 1;; ++nth) {
    const auto before = live_.current();
    ReloadOutcome outcome;
    bool failed = false;
    {
      const test::FailingAllocation failing(nth);
      outcome = reload();
      failed = failing.has_failed();
    }
    if (!failed) {
      break;
    }
    if (outcome.refused) {
      ++refused;
      ASSERT_EQ(outcome.refused, ErrorKind::kSystem) << outcome.text;
      ASSERT_EQ(live_.current(), before) << "allocation " << nth;
    } else {
      ASSERT_EQ(mappings(), 2U) << "allocation " << nth;
    }
  }
  EXPECT_GT(refused, test::kOperatorNewFails ? 50 : 5);
  EXPECT_FALSE(reload().refused);
}

TEST_F(ReloaderTest, ATableThatDoesNotFitIsRefused) {
  std::string text;
  for (int i = 0; i < 16'384; ++i) {
    text += mapping_text(fmt::format("m{}", i), "a",
                         fmt::format("10.{}.{}.{}", 2 + i / 65536, i / 256 % 256, i % 256),
                         fmt::format("172.{}.{}.{}", 16 + i / 65536, i / 256 % 256, i % 256));
  }
  write(text);
  // All of DPDK's memory but some that a small table needs.
  std::vector<void*> taken;
  for (std::size_t size = std::size_t{64} << 20; size >= (std::size_t{1} << 20); size /= 2) {
    while (void* memory = rte_malloc("taken", size, 0)) {
      taken.push_back(memory);
    }
  }
  const ReloadOutcome outcome = reload();
  for (void* memory : taken) {
    rte_free(memory);
  }
  EXPECT_EQ(outcome.refused, ErrorKind::kSystem);
  EXPECT_NE(outcome.text.find("16384 mappings"), std::string::npos) << outcome.text;
  EXPECT_EQ(version(), 1U);
  EXPECT_FALSE(reload().refused) << "and it fits when there is room";
  EXPECT_EQ(mappings(), 16'384U);
}

}  // namespace
}  // namespace natto
