#include "api/socket_path.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "api/as_user.hpp"
#include "api/listener.hpp"
#include "api/temporary_folder.hpp"

namespace natto::api {
namespace {

using Paths = std::vector<std::filesystem::path>;
using test::TemporaryFolder;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST(SocketPath, TheConfigurationDecides) {
  const TemporaryFolder folder;
  const auto path = choose_socket_path(folder.path() / "new" / "x.sock", {});
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(*path, folder.path() / "new" / "x.sock");
  EXPECT_TRUE(std::filesystem::is_directory(folder.path() / "new"));
}

TEST(SocketPath, TheSharedFolderIsMadeForAllToSee) {
  const TemporaryFolder folder;
  const mode_t before = umask(0077);
  const auto path = choose_socket_path({}, {folder.path() / "run", folder.path() / "own"});
  umask(before);
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(*path, folder.path() / "run" / "natto.sock");
  EXPECT_EQ(mode_of(folder.path() / "run"), 0755U);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "own"));
}

TEST(SocketPath, WithoutTheSharedFolderTheUserHasOne) {
  const TemporaryFolder folder;
  const Paths folders = {"/proc/natto", folder.path() / "own"};
  const auto path = choose_socket_path({}, folders);
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(*path, folder.path() / "own" / "natto.sock");
  EXPECT_EQ(mode_of(folder.path() / "own"), 0700U);
  EXPECT_TRUE(choose_socket_path({}, folders).ok()) << "it is there already";

  chmod((folder.path() / "own").c_str(), 0777);
  const auto refused = choose_socket_path({}, folders);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("not a folder of this user's own"), std::string::npos);
}

TEST(SocketPath, AFolderOfAnotherUserOrALinkIsNotOnesOwn) {
  const TemporaryFolder folder;
  EXPECT_TRUE(is_own_folder(folder.path()));
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "link");
  EXPECT_FALSE(is_own_folder(folder.path() / "link"));
  std::ofstream(folder.path() / "file");
  EXPECT_FALSE(is_own_folder(folder.path() / "file"));
  if (geteuid() == 0) {
    ASSERT_EQ(chown(folder.path().c_str(), 65'534, 65'534), 0);
    EXPECT_FALSE(is_own_folder(folder.path()));
  }
}

TEST(SocketPath, TheUsersFolderIsItsRuntimeFolderOrInTmp) {
  const char* before = std::getenv("XDG_RUNTIME_DIR");
  const std::string kept = before != nullptr ? before : "";
  setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
  EXPECT_EQ(user_folder(), "/run/user/1000/natto");
  EXPECT_EQ(default_folders(), (Paths{"/run/natto", "/run/user/1000/natto"}));
  for (const char* useless : {"", "relative"}) {
    setenv("XDG_RUNTIME_DIR", useless, 1);
    EXPECT_EQ(user_folder(), "/tmp/natto-" + std::to_string(geteuid()));
  }
  unsetenv("XDG_RUNTIME_DIR");
  if (before != nullptr) {
    setenv("XDG_RUNTIME_DIR", kept.c_str(), 1);
  }
}

TEST(SocketPath, SocketsAreFoundByNameAndKind) {
  const TemporaryFolder folder;
  const Result<Listener> b = Listener::claim(folder.path() / "b.sock");
  const Result<Listener> a = Listener::claim(folder.path() / "a.sock");
  const Result<Listener> other = Listener::claim(folder.path() / "other");
  ASSERT_TRUE(a.ok() && b.ok() && other.ok());
  std::ofstream(folder.path() / "file.sock") << "no socket";
  EXPECT_EQ(find_sockets({folder.path(), "/nowhere"}),
            (Paths{folder.path() / "a.sock", folder.path() / "b.sock"}));
}

}  // namespace
}  // namespace natto::api
