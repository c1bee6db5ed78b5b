#include "base/replace_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "unit/config/files.hpp"

namespace natto {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

mode_t rights(const std::filesystem::path& file) {
  struct stat status {};
  return stat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

class ReplaceFileTest : public testing::Test {
 protected:
  [[nodiscard]] std::ptrdiff_t files() const {
    const std::filesystem::directory_iterator all(folder_.path());
    return std::distance(begin(all), end(all));
  }

  test::Folder folder_;
  std::filesystem::path like_ = folder_.write("like", "x");
  std::filesystem::path file_ = folder_.path() / "file";
};

TEST_F(ReplaceFileTest, HasTheRightsOfAnotherWhateverTheUmask) {
  ASSERT_EQ(chmod(like_.c_str(), 0644), 0);
  const mode_t before = umask(077);
  EXPECT_TRUE(replace_file(file_, "new", like_));
  umask(before);
  EXPECT_EQ(rights(file_), 0644U);
  EXPECT_EQ(content(file_), "new");
  EXPECT_EQ(files(), 2) << "nothing else is left";
  ASSERT_EQ(chmod(like_.c_str(), 04755), 0);
  EXPECT_TRUE(replace_file(file_, "newer", like_));
  EXPECT_EQ(rights(file_), 0644U) << "it is no program";
  EXPECT_EQ(content(file_), "newer");
}

TEST_F(ReplaceFileTest, FollowsNoLink) {
  std::filesystem::create_symlink(like_, file_);
  std::filesystem::create_symlink(like_, file_.string() + ".new");
  EXPECT_TRUE(replace_file(file_, "new", like_));
  EXPECT_EQ(content(like_), "x");
  EXPECT_FALSE(std::filesystem::is_symlink(file_));
}

TEST_F(ReplaceFileTest, WhoReadsTheOldFileReadsItToTheEnd) {
  folder_.write("file", "old");
  std::ifstream reader(file_);
  EXPECT_TRUE(replace_file(file_, "new", like_));
  std::string old;
  reader >> old;
  EXPECT_EQ(old, "old");
}

TEST_F(ReplaceFileTest, SaysWhichFileCannotBeWrittenAndLeavesNothing) {
  std::filesystem::create_directory(file_);
  folder_.write("file/inside", "");
  const Status status = replace_file(file_, "new", like_);
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().message.starts_with("cannot write " + file_.string() + ": "))
      << status.error().message;
  EXPECT_EQ(files(), 2);
  EXPECT_FALSE(replace_file(folder_.path() / "nowhere" / "file", "new", like_));
}

}  // namespace
}  // namespace natto
