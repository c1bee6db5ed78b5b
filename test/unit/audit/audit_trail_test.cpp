#include "audit/audit_trail.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "audit/audit_reader.hpp"
#include "base/cpus.hpp"
#include "unit/config/files.hpp"

namespace natto {
namespace {

class AuditTrailTest : public testing::Test {
 protected:
  void record(std::size_t events) {
    for (std::size_t i = 0; i < events; ++i) {
      trail_.record({.kind = AuditKind::kReload, .time = {}});
    }
  }
  [[nodiscard]] AuditVerdict verdict() const { return *verify_audit(path_, ""); }
  [[nodiscard]] bool was_told(const std::string& text) {
    const std::lock_guard lock(mutex_);
    return told_.find(text) != std::string::npos;
  }
  void wait_until_trouble(bool is) const {
    while (trail_.trouble().empty() == is) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  test::Folder folder_;
  std::filesystem::path path_ = folder_.path() / "audit.jsonl";
  std::mutex mutex_;
  std::string told_;
  AuditTrail trail_{path_, [this](bool, const std::string& text) {
                      const std::lock_guard lock(mutex_);
                      told_ += text;
                    }};
};

TEST_F(AuditTrailTest, EveryEventIsWrittenAndToldByTheTimeItStops) {
  trail_.start({0});
  record(50);
  trail_.stop();
  EXPECT_EQ(verdict().newest.sequence, 50U);
  EXPECT_TRUE(verdict().findings.empty());
  EXPECT_TRUE(was_told("{\"sequence\":50,"));
  EXPECT_EQ(trail_.trouble(), "");
}

TEST_F(AuditTrailTest, EventsWaitUntilTheFileCanBeWrittenAndSomeMoreAreCounted) {
  std::filesystem::create_directory(path_);
  trail_.start({0});
  record(1);
  wait_until_trouble(true);
  EXPECT_TRUE(was_told("the audit is not written: cannot open"));
  EXPECT_TRUE(was_told("\"event\":\"reload\"")) << "the log has it meanwhile";
  record(AuditTrail::kMostWaiting + 4);
  std::filesystem::remove(path_);
  wait_until_trouble(false);
  while (verdict().newest.sequence < AuditTrail::kMostWaiting) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  record(1);
  trail_.stop();
  EXPECT_TRUE(was_told("the audit is written again"));
  EXPECT_EQ(verdict().newest.sequence, AuditTrail::kMostWaiting + 1);
  EXPECT_TRUE(was_told("\"missing_before\":5"));
  EXPECT_TRUE(verdict().findings.empty());
}

TEST_F(AuditTrailTest, SaysWhatItCouldNotWriteAtAll) {
  std::filesystem::create_directory(path_);
  trail_.start({0});
  record(3);
  trail_.stop();
  EXPECT_TRUE(was_told("3 event(s) are not in the audit's file"));
}

}  // namespace
}  // namespace natto
