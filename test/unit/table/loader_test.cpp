// Both files of an appliance together, and files that cannot be read.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "unit/config/files.hpp"

namespace natto {
namespace {

using test::Folder;
using test::one_port;

constexpr std::string_view kMappings =
    "[[mapping]]\nname = \"m\"\nrealm = \"a\"\nreal = \"10.32.1.157\"\nmapped = \"10.33.1.145\"\n";

std::string appliance_mistakes(const Folder& folder) {
  const auto result = load_appliance(folder.path() / "natto.toml");
  return result ? "" : folder.without_path(result.error().message);
}

std::string replaced(std::string text, std::string_view old_part, std::string_view new_part) {
  return text.replace(text.find(old_part), old_part.size(), new_part);
}

TEST(Appliance, LoadsBothFiles) {
  const Folder folder;
  folder.write("mappings.toml", kMappings);
  const auto appliance = load_appliance(folder.write("natto.toml", one_port()));
  ASSERT_TRUE(appliance) << appliance.error().message;
  EXPECT_EQ(appliance->config.ports.size(), 1U);
  EXPECT_EQ(appliance->table.mappings.at(0).name, "m");
}

TEST(Appliance, MistakesOfBothFilesComeTogether) {
  const Folder folder;
  folder.write("natto.toml", replaced(one_port(), "10.33.1.113", "10.33.2.113") + "x = 1\n");
  folder.write("mappings.toml", replaced(std::string(kMappings), "10.33.1.145", "10.33.1.124"));
  EXPECT_EQ(appliance_mistakes(folder),
            "natto.toml:5:11: gateway: 10.33.2.113 is outside the port's subnet 10.33.1.112/28\n"
            "natto.toml:9:1: unknown key \"x\" in [table]; known here: file, signers, require, "
            "max_removed\n"
            "mappings.toml:5:10: mapped: 10.33.1.124 is natto's own address in realm \"a\"");
}

// A realm that natto.toml does not name rightly may be the one that the table means.
TEST(Appliance, UnknownRealmsAreNoMistakeWhileARealmIsUnreadable) {
  const Folder folder;
  folder.write("natto.toml", replaced(one_port(), "\"a\"", "\"a b\""));
  folder.write("mappings.toml", std::string(kMappings) + "typo = 1\n");
  EXPECT_EQ(
      appliance_mistakes(folder),
      "natto.toml:2:9: realm is \"a b\"; allowed: 1 to 32 of the characters A-Z a-z 0-9 _ . -\n"
      "mappings.toml:6:1: unknown key \"typo\" in [[mapping]]; known here: name, realm, real, "
      "mapped");
}

TEST(Appliance, ASyntaxErrorLeavesTheTableUnknown) {
  const Folder folder;
  folder.write("natto.toml", one_port() + "x\n");
  folder.write("mappings.toml", "y\n");
  EXPECT_EQ(appliance_mistakes(folder), "natto.toml:9:2: expected \"=\" after the key");
}

TEST(Appliance, NamesTheFileThatIsNotThere) {
  const Folder folder;
  EXPECT_EQ(appliance_mistakes(folder),
            "natto.toml:1:1: cannot be opened: No such file or directory");
  folder.write("natto.toml", one_port());
  EXPECT_EQ(appliance_mistakes(folder),
            "mappings.toml:1:1: cannot be opened: No such file or directory");
}

TEST(Appliance, NamesFilesAsTheCallerDid) {
  const auto result = load_config("no/such/natto.toml");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kInput);
  EXPECT_EQ(result.error().message,
            "no/such/natto.toml:1:1: cannot be opened: No such file or directory");
}

TEST(Appliance, RefusesWhatIsNoFile) {
  const Folder folder;
  std::filesystem::create_directory(folder.path() / "natto.toml");
  EXPECT_EQ(appliance_mistakes(folder), "natto.toml:1:1: is a directory, not a file");
  EXPECT_EQ(load_config("/dev/zero").error().message, "/dev/zero:1:1: is not a regular file");
}

/// For root, who may read everything: nobody's rights, as long as it lives.
class WithoutRoot {
 public:
  WithoutRoot() {
    constexpr uid_t kNobody = 65534;
    if (user_ == 0) {
      EXPECT_EQ(seteuid(kNobody), 0);
    }
  }
  ~WithoutRoot() { EXPECT_EQ(seteuid(user_), 0); }
  WithoutRoot(const WithoutRoot&) = delete;
  WithoutRoot& operator=(const WithoutRoot&) = delete;

 private:
  uid_t user_ = geteuid();
};

TEST(Appliance, RefusesAFileThatItMayNotRead) {
  const Folder folder;
  std::filesystem::permissions(folder.write("natto.toml", one_port()),
                               std::filesystem::perms::none);
  const WithoutRoot unprivileged;
  EXPECT_EQ(appliance_mistakes(folder), "natto.toml:1:1: cannot be opened: Permission denied");
}

TEST(Appliance, RefusesAHugeFileUnread) {
  const Folder folder;
  std::filesystem::resize_file(folder.write("natto.toml", ""), (std::uintmax_t{128} << 20) + 1);
  EXPECT_EQ(appliance_mistakes(folder), "natto.toml:1:1: is larger than 128 MiB");
}

// The files that users start from.
TEST(Appliance, ExamplesAreRight) {
  const std::filesystem::path conf = std::filesystem::path(NATTO_SOURCE_FOLDER) / "conf";
  const auto one_arm = load_appliance(conf / "natto.toml");
  ASSERT_TRUE(one_arm) << one_arm.error().message;
  ASSERT_EQ(one_arm->table.mappings.size(), 2U);
  EXPECT_EQ(to_string(one_arm->config.ports.at(0).address), "10.33.1.124/24");
  EXPECT_EQ(to_string(one_arm->table.mappings[0].real), "10.32.1.157");
  EXPECT_EQ(to_string(one_arm->table.mappings[0].mapped), "10.33.1.145");
  EXPECT_EQ(to_string(one_arm->table.mappings[1].real), "10.34.1.125");
  EXPECT_EQ(to_string(one_arm->table.mappings[1].mapped), "10.33.1.151");

  const auto two_arm = load_appliance(conf / "two-arm/natto.toml");
  ASSERT_TRUE(two_arm) << two_arm.error().message;
  EXPECT_TRUE(one_arm->table.warnings.empty());
  EXPECT_TRUE(two_arm->table.warnings.empty());
  EXPECT_EQ(two_arm->config.ports.size(), 2U);
}

}  // namespace
}  // namespace natto
