#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace natto {
namespace {

std::vector<std::uint8_t> bytes(std::string_view text) { return {text.begin(), text.end()}; }

// RFC 4648 §10.
TEST(Base64, TheRfcsVectors) {
  for (const auto& [plain, text] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"f", "Zg=="},
           {"fo", "Zm8="},
           {"foo", "Zm9v"},
           {"foob", "Zm9vYg=="},
           {"fooba", "Zm9vYmE="},
           {"foobar", "Zm9vYmFy"},
       }) {
    EXPECT_EQ(to_base64(bytes(plain)), text);
    EXPECT_EQ(from_base64(text), bytes(plain));
    EXPECT_EQ(to_base64(bytes(plain), false), text.substr(0, text.find('=')));
  }
  EXPECT_EQ(to_base64(std::vector<std::uint8_t>{0xfb, 0xff, 0xfe}), "+//+");
  EXPECT_EQ(from_base64("+//+"), (std::vector<std::uint8_t>{0xfb, 0xff, 0xfe}));
}

TEST(Base64, OnlyTheOneTextOfSomeBytesIsTaken) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "Z===", "====",
                           "Zm9v\n", " Zm9v", "Zm-v", "Zm_v", "Zg==Zg==", "Z=9v", "Zm9v="}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
  EXPECT_EQ(from_base64(std::string("Zm9\0", 4)), std::nullopt);
}

}  // namespace
}  // namespace natto
