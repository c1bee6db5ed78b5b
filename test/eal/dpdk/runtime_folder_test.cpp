#include "dpdk/runtime_folder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace natto {
namespace {

namespace fs = std::filesystem;

class RuntimeFolder : public testing::Test {
 protected:
  RuntimeFolder() {
    std::string name = (fs::temp_directory_path() / "natto-run-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~RuntimeFolder() override { fs::remove_all(folder_); }

  [[nodiscard]] fs::path make(const std::string& name) const {
    fs::create_directory(folder_ / name);
    std::ofstream(folder_ / name / "dpdk_telemetry.v2") << "";
    return folder_ / name;
  }
  static pid_t dead_process() {
    const pid_t child = fork();
    if (child == 0) {
      _exit(0);
    }
    waitpid(child, nullptr, 0);
    return child;
  }

  fs::path folder_;
};

TEST_F(RuntimeFolder, OfADeadNattoIsRemoved) {
  const fs::path dead = make(fmt::format("natto-{}", dead_process()));
  remove_dead_folders(folder_);
  EXPECT_FALSE(fs::exists(dead));
}

TEST_F(RuntimeFolder, OfALiveNattoOrOfOthersIsLeft) {
  const pid_t dead = dead_process();
  const std::vector<fs::path> others = {make(fmt::format("natto-{}", getpid())),
                                        make(fmt::format("natto-{}", getppid())),
                                        make(fmt::format("rte-{}", dead)),
                                        make(fmt::format("natto-{}x", dead)),
                                        make("natto-"),
                                        make("natto-0"),
                                        make("rte")};
  remove_dead_folders(folder_);
  for (const fs::path& other : others) {
    EXPECT_TRUE(fs::exists(other / "dpdk_telemetry.v2")) << other;
  }
}

TEST_F(RuntimeFolder, ThatAProcessOfAnotherPidNamespaceHoldsIsLeft) {
  const fs::path held = make(fmt::format("natto-{}", dead_process()));
  {
    const Descriptor hold = hold_folder(held);
    remove_dead_folders(folder_);
    EXPECT_TRUE(fs::exists(held));
  }
  remove_dead_folders(folder_);
  EXPECT_FALSE(fs::exists(held));
}

TEST_F(RuntimeFolder, ALinkIsNotFollowed) {
  const fs::path precious = make("precious");
  fs::create_symlink(precious, folder_ / fmt::format("natto-{}", dead_process()));
  remove_dead_folders(folder_);
  EXPECT_TRUE(fs::exists(precious / "dpdk_telemetry.v2"));
}

TEST_F(RuntimeFolder, HoldsASocketIfThereIsAPlaceForIt) {
  EXPECT_TRUE(can_hold_socket(folder_ / "dpdk").ok());
  EXPECT_TRUE(fs::is_empty(folder_ / "dpdk")) << "nothing is left";
  std::ofstream(folder_ / "file") << "";
  const Status none = can_hold_socket(folder_ / "file");
  ASSERT_FALSE(none.ok());
  EXPECT_TRUE(none.error().message.ends_with(": Not a directory")) << none.error().message;
  EXPECT_FALSE(can_hold_socket(folder_ / std::string(100, 'x')).ok()) << "too long for a socket";
}

}  // namespace
}  // namespace natto
