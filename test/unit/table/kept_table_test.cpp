#include "table/kept_table.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "table/loader.hpp"
#include "table/table_digest.hpp"
#include "unit/config/files.hpp"

namespace natto {
namespace {

using test::Folder;

MappingTable table(std::string name = "host") {
  return {.mappings = {{.name = std::move(name),
                        .realm = 1,
                        .real = {Ipv4Address::of(10, 2, 0, 7), 32},
                        .mapped = {Ipv4Address::of(172, 16, 0, 7), 32},
                        .line = 40},
                       {.name = "offices.b_1-2",
                        .realm = 0,
                        .real = {Ipv4Address::of(10, 9, 0, 0), 20},
                        .mapped = {Ipv4Address::of(172, 17, 0, 0), 20},
                        .line = 10}}};
}

class KeptTableTest : public testing::Test {
 protected:
  KeptTableTest() {
    config_.file = "/etc/natto/natto.toml";
    config_.state.directory = folder_.path() / "state";
  }
  ~KeptTableTest() override { unsetenv("STATE_DIRECTORY"); }

  [[nodiscard]] KeptTable kept() const { return KeptTable(config_); }

  Folder folder_;
  Config config_ = test::two_realms();
};

TEST_F(KeptTableTest, IsAFileOfMappingsThatSaysTheSame) {
  ASSERT_TRUE(kept().keep(table(), config_, ""));
  const auto read = load_mappings(kept().file(), config_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(table_digest(*read, config_), table_digest(table(), config_));
  EXPECT_EQ(read->file, kept().file());
  std::ifstream file(kept().file());
  std::string line;
  for (std::uint32_t i = 0; i < read->mappings[1].line; ++i) {
    std::getline(file, line);
  }
  EXPECT_EQ(line, "[[mapping]]");
  std::getline(file, line);
  EXPECT_EQ(line, "name = \"offices.b_1-2\"");
}

TEST_F(KeptTableTest, MayBeEmpty) {
  ASSERT_TRUE(kept().keep({}, config_, ""));
  EXPECT_TRUE(load_mappings(kept().file(), config_).value().mappings.empty());
}

TEST_F(KeptTableTest, HasAFolderForEachConfig) {
  const auto file_of = [this](const char* config) {
    config_.file = config;
    return kept().file();
  };
  const auto state = *config_.state.directory;
  EXPECT_EQ(file_of("/etc/natto/natto.toml"), state / "etc-natto-natto.toml" / "table.toml");
  EXPECT_EQ(file_of("/etc/./natto/../natto/natto.toml"), file_of("/etc/natto/natto.toml"));
  EXPECT_EQ(file_of("here.toml"), file_of((std::filesystem::current_path() / "here.toml").c_str()));
  EXPECT_NE(file_of("/a-b/natto.toml"), file_of("/a/b/natto.toml"));
  EXPECT_NE(file_of("/a%2db/natto.toml"), file_of("/a-b/natto.toml"));
}

TEST_F(KeptTableTest, LiesWhereTheConfigSaysElseWhereSystemdDoes) {
  setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", 1);
  EXPECT_TRUE(kept().file().string().starts_with(folder_.path().string()));
  config_.state = {};
  EXPECT_EQ(kept().file(), "/var/lib/one/etc-natto-natto.toml/table.toml");
  setenv("STATE_DIRECTORY", "", 1);
  EXPECT_EQ(kept().file(), "/var/lib/natto/etc-natto-natto.toml/table.toml");
  unsetenv("STATE_DIRECTORY");
  EXPECT_EQ(kept().file(), "/var/lib/natto/etc-natto-natto.toml/table.toml");
}

TEST_F(KeptTableTest, KnowsWhatWasRolledBackUntilTheNextTable) {
  EXPECT_EQ(kept().rolled_back(), "");
  ASSERT_TRUE(kept().keep(table(), config_, "digest"));
  EXPECT_EQ(kept().rolled_back(), "digest");
  ASSERT_TRUE(kept().keep(table(), config_, ""));
  EXPECT_EQ(kept().rolled_back(), "");
  ASSERT_TRUE(kept().keep(table(), config_, "digest"));
  kept().forget_rollback();
  EXPECT_EQ(kept().rolled_back(), "");
}

TEST_F(KeptTableTest, IsItsUsersAloneAndNothingElseIsLeft) {
  ASSERT_TRUE(kept().keep(table("old"), config_, ""));
  ASSERT_TRUE(kept().keep(table("new"), config_, ""));
  EXPECT_EQ(load_mappings(kept().file(), config_)->mappings[0].name, "new");
  struct stat status {};
  ASSERT_EQ(stat(kept().file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const std::filesystem::directory_iterator files(kept().file().parent_path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 2) << "the table, and what is known of it";
}

TEST_F(KeptTableTest, StaysWholeWhereTheNextCannotBeWritten) {
  ASSERT_TRUE(kept().keep(table("old"), config_, ""));
  // Every write to it fails, as on a full disk.
  std::filesystem::create_symlink("/dev/full", kept().file().string() + ".new");
  const Status status = kept().keep(table("new"), config_, "");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, kept().file().string() + ": No space left on device");
  EXPECT_EQ(load_mappings(kept().file(), config_)->mappings[0].name, "old");
  EXPECT_TRUE(kept().keep(table("new"), config_, "")) << "when there is room again";
  EXPECT_EQ(load_mappings(kept().file(), config_)->mappings[0].name, "new");
}

TEST_F(KeptTableTest, SaysWhyThereIsNoFolder) {
  folder_.write("state", "a file");
  const Status status = kept().keep(table(), config_, "");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, kept().file().parent_path().string() + ": Not a directory");
}

}  // namespace
}  // namespace natto
