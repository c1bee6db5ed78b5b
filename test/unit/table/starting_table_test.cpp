#include "table/starting_table.hpp"

#include <gtest/gtest.h>

#include "table/loader.hpp"
#include "table/table_digest.hpp"
#include "unit/config/files.hpp"

namespace natto {
namespace {

constexpr std::string_view kOld =
    "[[mapping]]\nname = \"old\"\nreal = \"10.32.1.157\"\nmapped = \"10.33.1.145\"\n";
constexpr std::string_view kNew =
    "[[mapping]]\nname = \"new\"\nreal = \"10.32.1.157\"\nmapped = \"10.33.1.145\"\n";

class StartingTableTest : public testing::Test {
 protected:
  StartingTableTest() {
    write_config(test::one_port());
    folder_.write("mappings.toml", kNew);
  }

  void write_config(const std::string& text) {
    folder_.write("natto.toml",
                  text + "[state]\ndirectory = \"" + folder_.path().string() + "/state\"\n");
  }
  /// As a natto does that ran with it.
  void keep(std::string_view table, const std::string& rolled_back = "") {
    const Config config = load_config(config_file()).value();
    const auto file = folder_.write("kept.toml", table);
    ASSERT_TRUE(KeptTable(config).keep(load_mappings(file, config).value(), config, rolled_back));
  }
  [[nodiscard]] std::filesystem::path config_file() const { return folder_.path() / "natto.toml"; }
  [[nodiscard]] StartingTable start() const { return load_start(config_file()).value().start; }
  /// The only mapping of the table that natto starts with.
  [[nodiscard]] std::string name() const { return start().table.mappings.at(0).name; }
  [[nodiscard]] std::string mistakes() const {
    const auto files = load_start(config_file());
    return files ? "" : folder_.without_path(files.error().message);
  }
  /// Of the file of the mappings.
  [[nodiscard]] std::string digest() const {
    const Config config = load_config(config_file()).value();
    return table_digest(load_mappings(config.table_file, config).value(), config);
  }

  test::Folder folder_;
};

TEST_F(StartingTableTest, IsTheFilesWhereItIsRight) {
  EXPECT_EQ(name(), "new");
  keep(kOld);
  EXPECT_EQ(name(), "new");
  EXPECT_EQ(start().file.digest, digest());
  EXPECT_FALSE(start().file.differs(digest()));
  EXPECT_TRUE(start().kept);
}

TEST_F(StartingTableTest, IsTheKeptOneWhereTheFileIsRefused) {
  folder_.write("mappings.toml", "nonsense");
  EXPECT_EQ(mistakes(), "mappings.toml:1:9: expected \"=\" after the key")
      << "at a first start there is none";
  keep(kOld);
  EXPECT_EQ(name(), "old");
  EXPECT_EQ(folder_.without_path(start().file.refusal),
            "mappings.toml:1:9: expected \"=\" after the key");
  EXPECT_GT(start().file.refused_since, std::chrono::system_clock::time_point());
  EXPECT_EQ(start().table.file, start().kept->file());
}

TEST_F(StartingTableTest, IsTheKeptOneWhereTheFileIsMissing) {
  keep(kOld);
  std::filesystem::remove(folder_.path() / "mappings.toml");
  EXPECT_EQ(name(), "old");
}

TEST_F(StartingTableTest, IsTheKeptOneWhileTheFileIsWhatWasRolledBackFrom) {
  keep(kOld, digest());
  EXPECT_EQ(name(), "old");
  EXPECT_TRUE(
      start().file.differs(table_digest(start().table, load_config(config_file()).value())));
  EXPECT_FALSE(start().file.refused());
  folder_.write("mappings.toml", "# as before\n" + std::string(kNew));
  EXPECT_EQ(name(), "old") << "it says the same";
  std::string changed(kNew);
  folder_.write("mappings.toml", changed.replace(changed.find("145"), 3, "146"));
  EXPECT_EQ(name(), "new") << "it was changed since";
}

TEST_F(StartingTableTest, NeitherFileServes) {
  keep(kOld);
  folder_.write("mappings.toml", "nonsense");
  std::string text = test::one_port();
  write_config(text.replace(text.find("\"a\""), 3, "\"b\""));
  const std::string wrong = mistakes();
  EXPECT_TRUE(wrong.starts_with("mappings.toml:1:9: expected")) << wrong;
  EXPECT_NE(wrong.find("table.toml:5:9: unknown realm \"a\""), std::string::npos) << wrong;
}

TEST_F(StartingTableTest, AWrongConfigIsNoReasonForTheKeptOne) {
  keep(kOld);
  write_config(test::one_port() + "x = 1\n");
  EXPECT_TRUE(mistakes().starts_with("natto.toml:9:1: unknown key \"x\"")) << mistakes();
}

TEST_F(StartingTableTest, ARolledBackFileIsBetterThanNone) {
  keep(kOld, digest());
  std::filesystem::remove(start().kept->file());
  EXPECT_EQ(name(), "new");
  EXPECT_NE(start().warning.find("was rolled back from"), std::string::npos) << start().warning;
}

}  // namespace
}  // namespace natto
