// Tables that need signatures: what is read is what is verified.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <stop_token>
#include <thread>

#include "table/guard.hpp"
#include "table/kept_table.hpp"
#include "table/loader.hpp"
#include "table/serial.hpp"
#include "table/starting_table.hpp"
#include "table/table_digest.hpp"
#include "unit/signature/keygen.hpp"

namespace natto {
namespace {

std::string table_text(std::string_view serial, std::string_view host, std::size_t mappings = 1) {
  std::string text = serial.empty() ? "" : fmt::format("serial = {}\n", serial);
  for (std::size_t i = 0; i < mappings; ++i) {
    text += fmt::format(
        "[[mapping]]\nname = \"{}{}\"\nreal = \"10.32.1.{}\"\nmapped = \"10.33.1.{}\"\n", host, i,
        i + 1, i + 130);
  }
  return text;
}

class SignedTableTest : public testing::Test {
 protected:
  SignedTableTest() {
    folder_.write("allowed_signers",
                  fmt::format("company-a {}\ncompany-b {}\n", test::make_key(folder_, "a"),
                              test::make_key(folder_, "b")));
    configure("signers = \"allowed_signers\"\nrequire = [\"company-a\", \"company-b\"]\n");
  }

  void configure(const std::string& of_table) {
    std::string text = test::one_port();
    const std::string_view header = "[table]\n";
    text.insert(text.find(header) + header.size(), of_table);
    folder_.write("natto.toml", text + fmt::format("[state]\ndirectory = \"{}/state\"\n",
                                                   folder_.path().string()));
  }
  void sign_all(std::string_view text, std::string_view table = "mappings.toml") {
    folder_.write(table, text);
    for (const char* party : {"a", "b"}) {
      folder_.write(fmt::format("{}.company-{}.sig", table, party),
                    test::sign(folder_, party, text));
    }
  }
  [[nodiscard]] Config config() const { return load_config(config_file()).value(); }
  [[nodiscard]] std::filesystem::path config_file() const { return folder_.path() / "natto.toml"; }
  /// As a natto does that runs with it.
  void keep(const std::string& rolled_back = "") {
    ASSERT_TRUE(KeptTable(config()).keep(load_table(config()).value(), config(), rolled_back));
  }
  [[nodiscard]] StartingTable start() const { return load_start(config_file()).value().start; }
  [[nodiscard]] std::string mistakes() const {
    const auto files = load_start(config_file());
    return files ? "" : folder_.without_path(files.error().message);
  }

  test::Folder folder_;
};

TEST_F(SignedTableTest, HasItsSignatures) {
  sign_all(table_text("7", "x"));
  const MappingTable table = load_table(config()).value();
  EXPECT_EQ(table.serial, 7U);
  EXPECT_EQ(table.serial_line, 1U);
  ASSERT_EQ(table.signatures.size(), 2U);
  EXPECT_EQ(table.signatures[0].party, "company-a");
  EXPECT_EQ(table.signatures[1].party, "company-b");
  EXPECT_TRUE(load_appliance(config_file()));
}

TEST_F(SignedTableTest, EveryErrorComesAtOnce) {
  folder_.write("mappings.toml", "[[mapping]]\nname = 3\n");
  const std::string wrong = mistakes();
  for (const char* part : {"mappings.toml:2:8: name must be a string", "company-a has not signed",
                           "company-b has not signed"}) {
    EXPECT_NE(wrong.find(part), std::string::npos) << wrong;
  }
}

TEST_F(SignedTableTest, NeedsASerial) {
  sign_all(table_text("", "x"));
  EXPECT_EQ(mistakes(),
            "mappings.toml:1:1: a table that has to be signed needs a number; write serial = 1 "
            "above the first section, one more than in the last table that was agreed on");
  for (const char* serial :
       {"0", "-1", "\"1\"", "1.0", "9007199254740992", "9223372036854775808"}) {
    sign_all(table_text(serial, "x"));
    EXPECT_TRUE(mistakes().starts_with("mappings.toml:1:10: serial ")) << serial << mistakes();
  }
  sign_all(table_text("9007199254740991", "x"));
  EXPECT_EQ(mistakes(), "");
}

TEST_F(SignedTableTest, TheSignersFileMustBeRight) {
  sign_all(table_text("1", "x"));
  folder_.write("allowed_signers", "company-a\n");
  EXPECT_TRUE(mistakes().starts_with("allowed_signers:1: the key is missing")) << mistakes();
  std::filesystem::remove(folder_.path() / "allowed_signers");
  EXPECT_EQ(mistakes(),
            "allowed_signers: cannot be opened: No such file or directory; it has the keys that "
            "may sign the table");
}

// The file is a link that somebody moves to and fro between a signed table and one that is not.
TEST_F(SignedTableTest, WhatIsVerifiedIsWhatIsRead) {
  const std::string right = table_text("1", "right");
  sign_all(right);
  std::filesystem::remove(folder_.path() / "mappings.toml");
  folder_.write("right", right);
  folder_.write("forged", table_text("2", "forged"));
  std::filesystem::create_symlink("right", folder_.path() / "mappings.toml");
  const std::jthread swapper([this](const std::stop_token& stop) {
    for (bool forged = true; !stop.stop_requested(); forged = !forged) {
      std::filesystem::create_symlink(forged ? "forged" : "right", folder_.path() / "link");
      std::filesystem::rename(folder_.path() / "link", folder_.path() / "mappings.toml");
    }
  });
  const Config natto = config();
  int taken = 0;
  int refused = 0;
  for (int i = 0; i < 3'000 && (i < 300 || taken == 0 || refused == 0); ++i) {
    const Result<MappingTable> table = load_table(natto);
    ++(table ? taken : refused);
    if (table) {
      ASSERT_EQ(table->mappings.at(0).name, "right0");
      ASSERT_EQ(table->serial, 1U);
    }
  }
  EXPECT_GT(taken, 0);
  EXPECT_GT(refused, 0);
}

TEST_F(SignedTableTest, TheKeptTableIsAsSignedAsItWas) {
  sign_all(table_text("1", "x"));
  keep();
  const std::vector<ssh::GoodSignature> signatures = load_table(config())->signatures;
  folder_.write("allowed_signers", "# nobody any more\n");
  EXPECT_EQ(start().table.signatures, signatures);
  EXPECT_TRUE(start().file.refused());

  // One that was in force before natto.toml asked for signatures.
  sign_all(table_text("2", "y"));
  configure("");
  keep();
  configure("signers = \"allowed_signers\"\nrequire = [\"company-a\"]\n");
  EXPECT_NE(mistakes().find("this table was in force last, and company-a had not signed it"),
            std::string::npos)
      << mistakes();
}

TEST_F(SignedTableTest, ACrashBetweenRecordAndTableLosesNoSignature) {
  sign_all(table_text("1", "x"));
  keep();
  const KeptTable kept(config());
  const auto table_before = folder_.path() / "table-before";
  std::filesystem::copy(kept.file(), table_before);
  sign_all(table_text("2", "y"));
  keep();
  std::filesystem::copy_file(table_before, kept.file(),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(kept.load(config())->signatures.size(), 2U);
}

TEST_F(SignedTableTest, NattoDoesNotStartWithAnOldSerial) {
  sign_all(table_text("2", "new"));
  keep();
  sign_all(table_text("1", "old"));
  EXPECT_EQ(start().table.mappings.at(0).name, "new0");
  EXPECT_TRUE(folder_.without_path(start().file.refusal)
                  .starts_with("mappings.toml:1:1: serial is 1, and a table with serial 2 "))
      << start().file.refusal;
  sign_all(table_text("2", "other"));
  EXPECT_TRUE(start().file.refused()) << "an equal one is none that is higher";
  sign_all(table_text("3", "newer"));
  EXPECT_FALSE(start().file.refused());
  EXPECT_EQ(start().table.mappings.at(0).name, "newer0");
}

TEST_F(SignedTableTest, TheHighestSerialIsRememberedBehindARollback) {
  sign_all(table_text("1", "old"));
  const MappingTable old = load_table(config()).value();
  keep();
  sign_all(table_text("2", "new"));
  keep();
  const std::string digest = table_digest(load_table(config()).value(), config());
  const KeptTable kept(config());
  ASSERT_TRUE(kept.keep(old, config(), digest));
  EXPECT_EQ(kept.record()->newest, (KnownTable{.serial = 2, .digest = digest}));
  EXPECT_EQ(kept.record()->in_force.serial, 1U);
  EXPECT_EQ(start().table.mappings.at(0).name, "old0");
  EXPECT_FALSE(start().file.refused());
  sign_all(table_text("2", "third"));
  EXPECT_TRUE(start().file.refused());
  sign_all(table_text("1", "old"));
  EXPECT_FALSE(start().file.refused()) << "it is in force";
}

TEST_F(SignedTableTest, AnOldSerialWithTheSameContentIsRefused) {
  sign_all(table_text("1", "x"));
  keep();
  sign_all(table_text("2", "x"));
  keep();
  EXPECT_FALSE(start().file.refused());
  sign_all(table_text("1", "x"));
  EXPECT_TRUE(start().file.refused()) << "its signatures are older ones";
}

TEST_F(SignedTableTest, WithoutItsRecordNoTableIsTaken) {
  sign_all(table_text("2", "new"));
  keep();
  sign_all(table_text("1", "old"));
  const std::filesystem::path record = KeptTable(config()).record_file();
  std::filesystem::rename(record, record.string() + ".away");
  std::filesystem::create_directory(record);  // as little to be read, by root, too
  std::string wrong = mistakes();
  EXPECT_NE(wrong.find("/in-force: is a directory"), std::string::npos) << wrong;
  EXPECT_FALSE(KeptTable(config()).keep(load_table(config()).value(), config(), ""));
  EXPECT_TRUE(std::filesystem::is_directory(record)) << "and it stays";
  std::filesystem::remove(record);

  const std::string state = "state/" + record.parent_path().filename().string() + "/in-force";
  for (const char* text : {"", "nonsense\n", "digest x 1\nserial many x\n", "digest\n",
                           "digest x 1\nserial 1\n", "digest x 1 y\n", "digest x y\n"}) {
    folder_.write(state, text);
    wrong = mistakes();
    EXPECT_NE(wrong.find("/in-force:"), std::string::npos) << text << wrong;
    configure("");
    EXPECT_EQ(start().table.mappings.at(0).name, "old0") << "nobody has asked for signatures";
    EXPECT_TRUE(start().warning.starts_with("no serial is compared: ")) << start().warning;
    configure("signers = \"allowed_signers\"\nrequire = [\"company-a\", \"company-b\"]\n");
  }

  std::filesystem::remove(record);
  EXPECT_EQ(start().table.mappings.at(0).name, "old0");
  EXPECT_EQ(start().warning,
            record.string() + " is missing: natto does not know which serials were in force");
  std::filesystem::rename(record.string() + ".away", record);
  EXPECT_TRUE(start().file.refused());
}

TEST_F(SignedTableTest, AHigherSerialThatTheFolderDoesNotKnowIsKept) {
  sign_all(table_text("1", "old"));
  const KnownTable newest{.serial = 7, .digest = "d"};
  ASSERT_TRUE(KeptTable(config()).keep(load_table(config()).value(), config(), "d", newest));
  EXPECT_EQ(KeptTable(config()).record()->newest, newest);
  keep();
  EXPECT_EQ(KeptTable(config()).record()->newest, newest);
}

TEST_F(SignedTableTest, NattoDoesNotStartWithoutMostOfItsMappings) {
  configure("max_removed = 0.5\n");
  folder_.write("mappings.toml", table_text("", "x", 20));
  keep();
  folder_.write("mappings.toml", "mapping = []\n");
  EXPECT_EQ(start().table.mappings.size(), 20U);
  EXPECT_NE(start().file.refusal.find("takes away 20 of 20 mappings"), std::string::npos);
  folder_.write("mappings.toml", table_text("", "x", 10));
  EXPECT_EQ(start().table.mappings.size(), 10U) << "half may go";
  folder_.write("mappings.toml", table_text("", "x", 9));
  EXPECT_EQ(start().table.mappings.size(), 20U);
  const KeptTable kept(config());
  const MappingTable nine = load_table(config()).value();
  const std::string told =
      guard_of_kept(nine, table_digest(nine, config()), config(), kept, *kept.record());
  EXPECT_EQ(told, start().file.refusal);
  configure("max_removed = 1\n");
  EXPECT_EQ(start().table.mappings.size(), 9U);
}

TEST(Serial, IsAboveAllThatWereInForce) {
  const auto objection = [](std::optional<std::uint64_t> serial, const char* digest,
                            const std::vector<KnownTable>& known) {
    return serial_objection({.mappings = {}, .file = "m", .serial = serial}, digest, known);
  };
  EXPECT_EQ(objection(1, "x", {}), "");
  EXPECT_EQ(objection({}, "x", {{0, "y"}}), "");
  EXPECT_EQ(objection(1, "x", {{0, "y"}}), "");
  EXPECT_EQ(objection(3, "x", {{2, "y"}, {1, "z"}}), "");
  EXPECT_NE(objection(2, "x", {{2, "y"}, {1, "z"}}), "");
  EXPECT_NE(objection(2, "x", {{1, "z"}, {2, "y"}}), "");
  EXPECT_NE(objection({}, "x", {{1, "z"}}), "");
  EXPECT_EQ(objection(2, "y", {{2, "y"}}), "") << "it is that table";
  EXPECT_NE(objection(1, "y", {{2, "y"}}), "") << "it says the same, and was signed before it";
  EXPECT_EQ(objection(1, "z", {{2, "y"}, {1, "z"}}), "") << "in force behind a rollback";
  EXPECT_NE(objection({}, "z", {{2, "y"}, {1, "z"}}), "");
  EXPECT_EQ(objection({}, "z", {{2, "y"}, {0, "z"}}), "");
}

TEST(Guard, CountsFromTenMappingsOn) {
  EXPECT_FALSE(takes_too_much(9, 9, 0.5));
  EXPECT_FALSE(takes_too_much(5, 10, 0.5));
  EXPECT_TRUE(takes_too_much(6, 10, 0.5));
  EXPECT_TRUE(takes_too_much(1, 10, 0));
  EXPECT_FALSE(takes_too_much(0, 10, 0));
  EXPECT_FALSE(takes_too_much(10, 10, 1));
  EXPECT_EQ(guard_objection("m", 6, 10, 0.5, "D"),
            "m: takes away 6 of 10 mappings, and [table] max_removed is 0.5\n"
            "  if that is meant: natto reload --confirm D");
}

}  // namespace
}  // namespace natto
