#include "signature/allowed_signers.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "unit/signature/keygen.hpp"

namespace natto::ssh {
namespace {

class AllowedSignersTest : public testing::Test {
 protected:
  /// The only signer of a line, in which KEY stands for type and key.
  [[nodiscard]] AllowedSigner signer(std::string line) const {
    const auto signers = parse_allowed_signers(with_key(std::move(line)), "s");
    EXPECT_TRUE(signers) << signers.error().message;
    EXPECT_EQ(signers->size(), 1U);
    return signers->at(0);
  }
  [[nodiscard]] std::string mistakes(std::string text) const {
    const auto signers = parse_allowed_signers(with_key(std::move(text)), "s");
    return signers ? "" : signers.error().message;
  }
  [[nodiscard]] std::string with_key(std::string text) const {
    for (std::size_t at = 0; (at = text.find("KEY")) != std::string::npos;) {
      text.replace(at, 3, key_);
    }
    return text;
  }

  test::Folder folder_;
  std::string key_ = test::make_key(folder_, "key");
};

TEST_F(AllowedSignersTest, ALineHasPrincipalsOptionsAndAKey) {
  const AllowedSigner plain = signer("company-a KEY alice@a.example and more\n");
  EXPECT_EQ(plain.line, 1U);
  EXPECT_EQ(plain.principals, std::vector<std::string>{"company-a"});
  EXPECT_TRUE(plain.namespaces.empty());
  EXPECT_EQ(plain.key.type(), "ssh-ed25519");

  const AllowedSigner later = signer("\n# a comment\n\t \n  a@x,b\tKEY");
  EXPECT_EQ(later.line, 4U);
  EXPECT_EQ(later.principals, (std::vector<std::string>{"a@x", "b"}));
}

TEST_F(AllowedSignersTest, EveryOptionOfOpenSshIsRead) {
  const AllowedSigner found = signer(
      "\"a,b\" "
      "namespaces=\"natto-table,git\",VALID-AFTER=\"20300131Z\",valid-before=\"203002011530Z\""
      " KEY\r\n");
  EXPECT_EQ(found.principals, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(found.namespaces, (std::vector<std::string>{"natto-table", "git"}));
  EXPECT_EQ(utc_text(*found.valid_after), "2030-01-31T00:00:00.000Z");
  EXPECT_EQ(utc_text(*found.valid_before), "2030-02-01T15:30:00.000Z");
  EXPECT_EQ(utc_text(*signer("a valid-before=\"20300201153007Z\" KEY").valid_before),
            "2030-02-01T15:30:07.000Z");
  EXPECT_GT(signer("a valid-before=\"99991231Z\" KEY").valid_before,
            signer("a valid-before=\"22001231Z\" KEY").valid_before);
}

TEST_F(AllowedSignersTest, ATimeWithoutZIsTheMachines) {
  setenv("TZ", "EST5EDT", 1);
  tzset();
  EXPECT_EQ(utc_text(*signer("a valid-after=\"20300115\" KEY").valid_after),
            "2030-01-15T05:00:00.000Z");
  EXPECT_EQ(utc_text(*signer("a valid-after=\"203007150100\" KEY").valid_after),
            "2030-07-15T05:00:00.000Z")
      << "summer";
  unsetenv("TZ");
  tzset();
}

TEST_F(AllowedSignersTest, EveryWrongLineIsNamed) {
  EXPECT_EQ(mistakes("a cert-authority KEY"),
            "s:1: cert-authority is not for tables: natto verifies no certificates; write a line "
            "for each key that signs");
  EXPECT_EQ(mistakes("a KEY\nb\n\nc KEY\n"),
            "s:2: the key is missing; write PRINCIPAL TYPE KEY, as in id_ed25519.pub");
  const std::string two = mistakes("a ssh-dss AAAA\nb valid-until=\"20300101\" KEY\n");
  EXPECT_NE(two.find("s:1: \"ssh-dss\" is a type of key that natto does not verify"),
            std::string::npos)
      << two;
  EXPECT_NE(two.find("\ns:2: \"valid-until=\"20300101\"\" is neither a type of key nor an option"),
            std::string::npos)
      << two;
  for (const char* line : {"a ssh-ed25519 !!!!", "a ssh-ed25519 AAAA", "a ssh-rsa AAAA",
                           "a namespaces=\"\" KEY", "a namespaces=natto-table KEY",
                           "a namespaces=\"a\",namespaces=\"b\" KEY", "a valid-after=\"2030\" KEY",
                           "a valid-after=\"20301301\" KEY", "a valid-after=\"20300230Z\" KEY",
                           "a valid-before=\"2030013100\" KEY", "a valid-before=\"20300101z\" KEY",
                           "a valid-before=\"20300101\",valid-before=\"20310101\" KEY",
                           "a valid-after=\"20300101\", KEY", "a ,valid-after=\"20300101\" KEY",
                           ",a KEY", "a,,b KEY", "\"a KEY", "a \"b KEY"}) {
    EXPECT_NE(mistakes(line), "") << line;
  }
  const std::string of_other_type = key_.substr(key_.find(' '));
  EXPECT_NE(mistakes("a ssh-rsa" + of_other_type).find("the key is of type ssh-ed25519"),
            std::string::npos);
}

TEST_F(AllowedSignersTest, PrincipalsThatAreNoPatternsAreNamedOnce) {
  const auto signers = parse_allowed_signers(
      with_key("b,*,!c,company-? KEY\na,b KEY\n\"d,a\" namespaces=\"git\" KEY\n"), "s");
  EXPECT_EQ(named_principals(*signers), (std::vector<std::string>{"b", "a", "d"}));
}

TEST(Principals, ArePatternsAsOfOpenSsh) {
  using Patterns = std::vector<std::string>;
  EXPECT_TRUE(matches(Patterns{"a"}, "a"));
  EXPECT_FALSE(matches(Patterns{"a"}, "A"));
  EXPECT_FALSE(matches(Patterns{"a"}, "ab"));
  EXPECT_TRUE(matches(Patterns{"*"}, "a"));
  EXPECT_TRUE(matches(Patterns{"*"}, ""));
  EXPECT_FALSE(matches(Patterns{"?"}, ""));
  EXPECT_TRUE(matches(Patterns{"company-?"}, "company-a"));
  EXPECT_TRUE(matches(Patterns{"*@*.example"}, "alice@a.example"));
  EXPECT_TRUE(matches(Patterns{"*a*b*"}, "xaxaxbx"));
  EXPECT_FALSE(matches(Patterns{"*a*b*c"}, "xaxaxbx"));
  EXPECT_FALSE(matches(Patterns{"*", "!a"}, "a"));
  EXPECT_FALSE(matches(Patterns{"!a", "*"}, "a"));
  EXPECT_TRUE(matches(Patterns{"!a", "*"}, "b"));
  EXPECT_FALSE(matches(Patterns{"!a"}, "b"));
  EXPECT_FALSE(matches(Patterns{}, "a"));
  // Each star once more would take longer than the test.
  const std::string stars(30, '*');
  EXPECT_FALSE(matches(Patterns{"*a*a*a*a*a*a*a*a*a*a*a*a*b" + stars}, std::string(5'000, 'a')));
}

}  // namespace
}  // namespace natto::ssh
