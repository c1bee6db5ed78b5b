#include "audit/audit_log.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "audit/audit_reader.hpp"
#include "unit/config/files.hpp"

namespace natto {
namespace {

class AuditLogTest : public testing::Test {
 protected:
  [[nodiscard]] std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  [[nodiscard]] std::vector<nlohmann::json> events() const {
    std::vector<nlohmann::json> found;
    EXPECT_TRUE(for_each_line(path_, [&](std::string_view line) {
      found.push_back(nlohmann::json::parse(line, nullptr, false));
    }));
    return found;
  }
  [[nodiscard]] AuditVerdict verdict() const { return *verify_audit(path_, ""); }
  void append_text(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }
  static AuditEvent event(AuditKind kind = AuditKind::kReload) {
    return {.kind = kind, .time = {}};
  }

  test::Folder folder_;
  std::filesystem::path path_ = folder_.path() / "made" / "audit.jsonl";
};

TEST_F(AuditLogTest, GoesOnWhereTheLastOneEnded) {
  for (int i = 0; i < 3; ++i) {
    AuditLog log(path_);
    ASSERT_TRUE(log.append(event(), 0));
    ASSERT_TRUE(log.append(event(), 0));
  }
  EXPECT_EQ(verdict().newest.sequence, 6U);
  EXPECT_TRUE(verdict().findings.empty());
  EXPECT_EQ(verdict().lines, 6U);
}

TEST_F(AuditLogTest, NamesABrokenTailWhereverItBroke) {
  const std::string first = AuditLog(path_).append(event(), 0)->lines;
  ASSERT_TRUE(AuditLog(path_).append(event(), 0));
  const std::string whole = content();
  for (std::size_t length = first.size() + 1; length < whole.size(); ++length) {
    std::ofstream(path_) << whole.substr(0, length);
    ASSERT_TRUE(AuditLog(path_).append(event(AuditKind::kStart), 0));
    ASSERT_TRUE(verdict().findings.empty()) << length;
    ASSERT_EQ(verdict().notes.size(), 1U) << length;
    const auto found = events();
    ASSERT_EQ(found[2]["event"], "broken_tail");
    EXPECT_EQ(found[2]["bytes"], length - first.size());
    EXPECT_EQ(found[3]["event"], "start");
    EXPECT_EQ(content().substr(0, length), whole.substr(0, length)) << "what there is stays";
  }
}

TEST_F(AuditLogTest, ChainsOnBehindStrayLines) {
  ASSERT_TRUE(AuditLog(path_).append(event(), 0));
  append_text("stray\n\nmore");
  ASSERT_TRUE(AuditLog(path_).append(event(), 0));
  EXPECT_TRUE(verdict().findings.empty());
  append_text("\n");
  ASSERT_TRUE(AuditLog(path_).append(event(), 0));
  EXPECT_TRUE(verdict().findings.empty());
  EXPECT_EQ(verdict().newest.sequence, 5U);
}

// RLIMIT_FSIZE stops a write in the middle, as a full disk does.
TEST_F(AuditLogTest, AFileThatHasNoRoomLosesNothingOnceItHas) {
  AuditLog log(path_);
  ASSERT_TRUE(log.append(event(), 0));
  const std::size_t size = content().size();
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  for (const std::size_t room : {std::size_t{100}, std::size_t{150}, std::size_t{150}}) {
    const rlimit limit{size + room, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto appended = log.append(event(), 0);
    setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_FALSE(appended);
    EXPECT_EQ(content().size(), size + room);
  }
  const auto appended = log.append(event(AuditKind::kRollback), 7);
  ASSERT_TRUE(appended);
  EXPECT_TRUE(verdict().findings.empty());
  const auto found = events();
  EXPECT_EQ(found.back()["event"], "rollback");
  EXPECT_EQ(found.back()["missing_before"], 7);
  EXPECT_EQ(found[found.size() - 2]["event"], "broken_tail");
  EXPECT_EQ(found[found.size() - 2]["bytes"], 150);
  EXPECT_TRUE(content().ends_with(appended->lines));
}

TEST_F(AuditLogTest, AFileThatWasMovedIsNamedInTheNextOne) {
  AuditLog log(path_);
  ASSERT_TRUE(log.append(event(), 0));
  const AuditVerdict old = verdict();
  std::filesystem::rename(path_, path_.string() + ".1");
  ASSERT_TRUE(log.append(event(), 0));
  const auto found = events();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["event"], "new_file");
  EXPECT_EQ(found[0]["last_sequence"], 1);
  EXPECT_EQ(found[0]["last_sha256"], old.newest.hash);
  EXPECT_TRUE(verdict().findings.empty());
}

TEST_F(AuditLogTest, OneFileHasOneWriter) {
  AuditLog one(path_);
  ASSERT_TRUE(one.append(event(), 0));
  const auto other = AuditLog(path_).append(event(), 0);
  ASSERT_FALSE(other);
  EXPECT_EQ(folder_.without_path(other.error().message),
            "another process writes to made/audit.jsonl");
}

TEST_F(AuditLogTest, SaysWhyItCannotBeWritten) {
  folder_.write("file", "");
  const auto appended = AuditLog(folder_.path() / "file" / "audit.jsonl").append(event(), 0);
  ASSERT_FALSE(appended);
  EXPECT_EQ(folder_.without_path(appended.error().message),
            "cannot open file/audit.jsonl: Not a directory");
}

TEST_F(AuditLogTest, APinnedLineIsFoundOrMissed) {
  AuditLog log(path_);
  ASSERT_TRUE(log.append(event(), 0));
  const std::string pinned = verdict().newest.hash;
  ASSERT_TRUE(log.append(event(), 0));
  EXPECT_TRUE(verify_audit(path_, pinned)->has_pinned);
  std::string text = content();
  text.resize(text.find('\n') + 1);
  const std::string newest = verdict().newest.hash;
  std::ofstream(path_) << text;
  EXPECT_TRUE(verify_audit(path_, newest)->findings.empty());
  EXPECT_FALSE(verify_audit(path_, newest)->has_pinned);
}

TEST_F(AuditLogTest, ALineSaysWhatChangedUpToALimit) {
  AuditEvent reload = event();
  reload.trigger = "natto reload";
  reload.by = {.kind = Actor::Kind::kClient,
               .user = 0,
               .process = 4711,
               .program = "natto",
               .login_user = 12'345,
               .claimed_sudo_user = "al\x1b[31mice"};
  reload.table = TableChange{.version = 2,
                             .mappings = 3,
                             .digest_before = "d1",
                             .digest_after = "d2",
                             .added = 101,
                             .serial = 7,
                             .signatures = {{"company-a", "SHA256:x"}},
                             .confirmed = true};
  for (int i = 0; i < 101; ++i) {
    reload.table->differences += "+ m" + std::to_string(i) + "\n";
  }
  ASSERT_TRUE(AuditLog(path_).append(reload, 0));
  const nlohmann::json line = events()[0];
  EXPECT_EQ(line["changes"].size(), kMostAuditedLines);
  EXPECT_EQ(line["changes"][0], "+ m0");
  EXPECT_EQ(line["changes_left_out"], 1);
  EXPECT_EQ(line["by"]["uid"], 0);
  EXPECT_EQ(line["by"]["login_uid"], 12'345);
  EXPECT_EQ(line["by"]["claims"]["sudo_user"], "al\x1b[31mice");
  EXPECT_EQ(line["signatures"][0]["party"], "company-a");
  EXPECT_EQ(line["serial"], 7);
  EXPECT_EQ(line["confirmed"], true);
  const std::string told = audit_text(content().substr(0, content().size() - 1));
  EXPECT_EQ(
      told.substr(0, told.find('\n')),
      "     1 1970-01-01T00:00:00.000Z reload (natto reload) by root (uid 0), logged in as ? "
      "(uid 12345), pid 4711, program natto, says that it is by sudo of al?[31mice; version 2, "
      "3 mapping(s), digest d1 -> d2, serial 7, signed by company-a (SHA256:x), confirmed");
  EXPECT_TRUE(told.ends_with("    + m99\n    and 1 more\n"));
}

TEST_F(AuditLogTest, AnyTextCanBeTold) {
  EXPECT_EQ(audit_text("x"), "       1 bytes that are no line of an audit\n");
  EXPECT_FALSE(audit_text("{\"sequence\":1,\"previous\":\"\",\"event\":\"\",\"by\":7,\"digest\":[],"
                          "\"changes\":[1,{}],\"errors\":{},\"signatures\":[0]}")
                   .empty());
}

}  // namespace
}  // namespace natto
