#include "api/listener.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "api/temporary_folder.hpp"

namespace natto::api {
namespace {

using test::TemporaryFolder;

TEST(Listener, ASocketInUseIsRefusedWithItsOwner) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "natto.sock";
  const Result<Listener> first = Listener::claim(path);
  ASSERT_TRUE(first.ok());
  const Result<Listener> second = Listener::claim(path);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::kInUse);
  const std::string& message = second.error().message;
  EXPECT_NE(message.find(fmt::format("pid {}, ", getpid())), std::string::npos) << message;
  EXPECT_NE(message.find("unit_tests"), std::string::npos) << message;
  EXPECT_TRUE(std::filesystem::is_socket(path)) << "the owner still has it";
}

TEST(Listener, TheSocketGoesWithItsOwner) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "natto.sock";
  {
    const Result<Listener> listener = Listener::claim(path);
    ASSERT_TRUE(listener.ok());
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0666U) << "who may ask is asked of the kernel";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(Listener::claim(path).ok());
}

TEST(Listener, WhatAKilledOneLeftIsReplaced) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "natto.sock";
  const pid_t child = fork();
  if (child == 0) {
    const Result<Listener> listener = Listener::claim(path);
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(std::filesystem::is_socket(path));
  EXPECT_TRUE(Listener::claim(path).ok());
}

TEST(Listener, AFileIsNotReplaced) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "precious";
  std::ofstream(path) << "text";
  const Result<Listener> listener = Listener::claim(path);
  ASSERT_FALSE(listener.ok());
  EXPECT_EQ(listener.error().kind, ErrorKind::kInput);
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST(Listener, AMissingFolderIsNamed) {
  const Result<Listener> listener = Listener::claim("/nowhere/natto.sock");
  ASSERT_FALSE(listener.ok());
  EXPECT_NE(listener.error().message.find("/nowhere/natto.sock"), std::string::npos);
}

}  // namespace
}  // namespace natto::api
