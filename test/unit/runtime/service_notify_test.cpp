#include "runtime/service_notify.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/service_manager.hpp"

namespace natto {
namespace {

TEST(ServiceNotify, SaysNothingWhereNobodyListens) {
  unsetenv("NOTIFY_SOCKET");
  const auto notify = ServiceNotify::from_environment();
  ASSERT_TRUE(notify);
  EXPECT_FALSE(notify->connected());
  EXPECT_TRUE(notify->tell("READY=1"));
}

TEST(ServiceNotify, TellsThroughAPath) {
  const ServiceManager manager(ServiceManager::Address::kPath);
  const auto notify = ServiceNotify::from_environment();
  ASSERT_TRUE(notify);
  EXPECT_TRUE(notify->connected());
  EXPECT_TRUE(notify->tell("READY=1\nSTATUS=fine"));
  EXPECT_EQ(manager.hear(), "READY=1\nSTATUS=fine");
}

TEST(ServiceNotify, TellsThroughAnAbstractName) {
  const ServiceManager manager(ServiceManager::Address::kAbstract);
  const auto notify = ServiceNotify::from_environment();
  ASSERT_TRUE(notify);
  EXPECT_TRUE(notify->tell("STOPPING=1"));
  EXPECT_EQ(manager.hear(), "STOPPING=1");
}

TEST(ServiceNotify, NamesASocketThatIsNotThere) {
  setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
  const auto notify = ServiceNotify::from_environment();
  unsetenv("NOTIFY_SOCKET");
  ASSERT_FALSE(notify);
  EXPECT_EQ(notify.error().message,
            "cannot reach the service manager at NOTIFY_SOCKET=/nowhere/notify: No such file or "
            "directory");
}

TEST(ServiceNotify, RefusesWhatIsNoAddress) {
  for (const std::string& name : {std::string("relative"), "/" + std::string(200, 'x')}) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    EXPECT_FALSE(ServiceNotify::from_environment()) << name;
  }
  unsetenv("NOTIFY_SOCKET");
}

TEST(ServiceNotify, SaysThatTheManagerHasGone) {
  auto manager = std::make_unique<ServiceManager>(ServiceManager::Address::kPath);
  const auto notify = ServiceNotify::from_environment();
  ASSERT_TRUE(notify);
  manager.reset();
  EXPECT_FALSE(notify->tell("WATCHDOG=1"));
}

class WatchdogTime : public testing::Test {
 protected:
  ~WatchdogTime() override {
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
  }
};

TEST_F(WatchdogTime, IsWhatTheManagerSays) {
  setenv("WATCHDOG_USEC", "10000000", 1);
  EXPECT_EQ(watchdog_time_from_environment(), std::chrono::seconds(10));
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_time_from_environment(), std::chrono::seconds(10));
}

TEST_F(WatchdogTime, OfAnotherProcessIsNone) {
  setenv("WATCHDOG_USEC", "10000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid() + 1).c_str(), 1);
  EXPECT_EQ(watchdog_time_from_environment(), std::nullopt);
}

TEST_F(WatchdogTime, IsNoneIfItIsNoNumberOrAbsent) {
  EXPECT_EQ(watchdog_time_from_environment(), std::nullopt);
  for (const char* text : {"", "0", "10s", "-1"}) {
    setenv("WATCHDOG_USEC", text, 1);
    EXPECT_EQ(watchdog_time_from_environment(), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace natto
