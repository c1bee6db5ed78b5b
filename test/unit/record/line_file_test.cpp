#include "record/line_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "unit/config/files.hpp"

namespace natto {
namespace {

class LineFileTest : public testing::Test {
 protected:
  [[nodiscard]] std::string content(const std::string& suffix = "") const {
    std::ostringstream text;
    text << std::ifstream(path_.string() + suffix).rdbuf();
    return text.str();
  }
  [[nodiscard]] bool exists(const std::string& suffix) const {
    return std::filesystem::exists(path_.string() + suffix);
  }

  test::Folder folder_;
  std::filesystem::path path_ = folder_.path() / "refused.log";
  LineFile file_{path_, 10};
};

TEST_F(LineFileTest, LinesAreAppendedAlsoToWhatIsThere) {
  folder_.write("refused.log", "a\n");
  ASSERT_TRUE(file_.append("b\n"));
  ASSERT_TRUE(file_.append("c\n"));
  EXPECT_EQ(content(), "a\nb\nc\n");
}

TEST_F(LineFileTest, NoLinesMakeTheFileToSeeWhetherTheyCould) {
  ASSERT_TRUE(file_.append(""));
  EXPECT_TRUE(exists(""));
}

TEST_F(LineFileTest, NeverGrowsBeyondItsSizeAndFourOldOnesAreKept) {
  for (const char* line :
       {"1234567\n", "22\n", "3\n", "44444444\n", "55555555\n", "66666666\n", "77777777\n"}) {
    ASSERT_TRUE(file_.append(line));
  }
  EXPECT_EQ(content(), "77777777\n");
  EXPECT_EQ(content(".1"), "66666666\n");
  EXPECT_EQ(content(".2"), "55555555\n");
  EXPECT_EQ(content(".3"), "44444444\n");
  EXPECT_EQ(content(".4"), "22\n3\n");
  EXPECT_FALSE(exists(".5"));
}

TEST_F(LineFileTest, WhoMovesItAwayGetsWhatWasWrittenAndNoMore) {
  ASSERT_TRUE(file_.append("1\n"));
  std::filesystem::rename(path_, path_.string() + ".moved");
  ASSERT_TRUE(file_.append("2\n"));
  EXPECT_EQ(content(".moved"), "1\n");
  EXPECT_EQ(content(), "2\n");
}

TEST_F(LineFileTest, SaysWhyItCannotBeWritten) {
  const Status none = LineFile(folder_.path() / "none" / "refused.log").append("1\n");
  ASSERT_FALSE(none);
  EXPECT_EQ(folder_.without_path(none.error().message),
            "cannot open none/refused.log: No such file or directory");
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const Status fifo = file_.append("1\n");
  ASSERT_FALSE(fifo) << "and does not wait for a reader";
  EXPECT_EQ(folder_.without_path(fifo.error().message), "refused.log is no regular file");
}

}  // namespace
}  // namespace natto
