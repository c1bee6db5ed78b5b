#include "runtime/device_locks.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace natto {
namespace {

namespace fs = std::filesystem;

/// Another process with locks, until it is killed.
class Holder {
 public:
  Holder(const std::vector<std::string>& devices, const fs::path& folder) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    process_ = fork();
    if (process_ == 0) {
      const Result<DeviceLocks> locks = DeviceLocks::take(devices, folder);
      static_cast<void>(write(ready[1], locks ? "y" : "n", 1));
      pause();
    }
    char answer = 0;
    EXPECT_EQ(read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    close(ready[0]);
    close(ready[1]);
  }
  ~Holder() { kill_it(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  [[nodiscard]] pid_t process() const { return process_; }
  void kill_it() {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
      process_ = 0;
    }
  }

 private:
  pid_t process_ = 0;
};

class DeviceLocksTest : public testing::Test {
 protected:
  DeviceLocksTest() {
    std::string name = (fs::temp_directory_path() / "natto-locks-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~DeviceLocksTest() override { fs::remove_all(folder_); }

  [[nodiscard]] Result<DeviceLocks> take(const std::string& device) const {
    return DeviceLocks::take({device}, folder_);
  }

  fs::path folder_;
};

TEST_F(DeviceLocksTest, ADeviceInUseIsRefusedWithItsProcess) {
  const Holder holder({"0000:00:06.0", "net_af_packet0,iface=eth1"}, folder_);
  for (const char* same : {"00:06.0", "0000:00:06.0,llq_policy=1", "net_af_packet7,iface=eth1",
                           "net_af_xdp0,start_queue=1,iface=eth1", "net_pcap0,tx_iface=eth1"}) {
    const auto locks = take(same);
    ASSERT_FALSE(locks.ok()) << same;
    EXPECT_EQ(locks.error().kind, ErrorKind::kInUse);
    EXPECT_NE(locks.error().message.find(fmt::format(": pid {}, ", holder.process())),
              std::string::npos)
        << locks.error().message;
    EXPECT_NE(locks.error().message.find("eal_tests"), std::string::npos);
  }
  for (const char* other : {"0000:00:07.0", "net_af_packet0,iface=eth2", "net_null0"}) {
    EXPECT_TRUE(take(other).ok()) << other;
  }
}

TEST_F(DeviceLocksTest, OneInUseFreesTheOthers) {
  const Holder holder({"net_af_packet0,iface=eth1"}, folder_);
  EXPECT_FALSE(
      DeviceLocks::take({"net_tap0,iface=a", "net_tap1,iface=eth1", "net_tap2,iface=z"}, folder_)
          .ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(DeviceLocksTest, TheKernelFreesThoseOfAKilledProcess) {
  Holder holder({"0000:00:06.0"}, folder_);
  EXPECT_FALSE(take("0000:00:06.0").ok());
  holder.kill_it();
  EXPECT_FALSE(fs::is_empty(folder_)) << "the file is left";
  EXPECT_TRUE(take("0000:00:06.0").ok());
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(DeviceLocksTest, WithoutAPlaceForThemNattoStarts) {
  EXPECT_TRUE(DeviceLocks::take({"0000:00:06.0"}, "/nowhere").ok());
}

TEST_F(DeviceLocksTest, RootsFileIsItsFoldersOwners) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can";
  }
  ASSERT_EQ(chown(folder_.c_str(), 54'321, 54'321), 0);
  const auto locks = take("0000:00:06.0");
  ASSERT_TRUE(locks.ok());
  struct stat status {};
  ASSERT_EQ(stat(fs::directory_iterator(folder_)->path().c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 54'321U) << "the service can lock it later";
  EXPECT_EQ(status.st_mode & 0777, 0600U) << "and nobody else";
}

TEST(DeviceLockNames, AreOfWhatTwoProcessesCannotShare) {
  EXPECT_TRUE(lock_names({"net_null0", "net_pcap0,rx_pcap=a,tx_pcap=b", "net_memif0"}).empty());
  EXPECT_EQ(lock_names({"00:06.0", "0000:00:06.0,x=1"}), std::vector<std::string>{"0000:00:06.0"});
  EXPECT_EQ(lock_names({"net_pcap0,rx_iface=eth1,tx_iface=eth1"}).size(), 1U);
  EXPECT_EQ(lock_names({"net_af_packet0,iface=eth1", "net_af_packet1,iface=eth2"}).size(), 2U);
}

TEST(DeviceLockNames, DifferByNetworkNamespace) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can make one";
  }
  const auto here = lock_names({"net_af_packet0,iface=eth1"});
  const pid_t child = fork();
  if (child == 0) {
    _exit(unshare(CLONE_NEWNET) == 0 && lock_names({"net_af_packet0,iface=eth1"}) != here ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace natto
