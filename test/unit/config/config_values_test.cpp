#include "config/config_values.hpp"

#include <gtest/gtest.h>

#include "unit/config/files.hpp"

namespace natto {
namespace {

using Keys = std::vector<std::string>;

/// Where the two natto.toml differ.
Keys differing(std::string_view one, std::string_view other) {
  const test::Folder folder;
  return differing_keys(load_config(folder.write("one.toml", one)).value().values,
                        load_config(folder.write("other.toml", other)).value().values);
}

TEST(ConfigValues, NameWhatDiffers) {
  const std::string one = test::one_port();
  EXPECT_EQ(differing(one, one), Keys());
  EXPECT_EQ(differing(one, one + "[dpdk]\nlcores = \"2\"\neal = [\"-v\", \"-w\"]\n"),
            (Keys{"dpdk eal", "dpdk lcores"}));
  EXPECT_EQ(differing(one,
                      "[[port]]\nrealm = \"b\"\ndevice = \"net_null0\"\n"
                      "address = \"10.3.0.1/24\"\n\n" +
                          one),
            (Keys{"port 0 address", "port 0 device", "port 0 gateway", "port 0 realm", "port 1"}));
}

TEST(ConfigValues, ADefaultThatIsWrittenDownIsNoDifference) {
  const std::string one = test::one_port();
  EXPECT_EQ(differing(one, one + "[dpdk]\nlcores = \"1\"\nmain_lcore = 0x0\n\n"
                                 "[icmp]\nouter_source = \"own\"\n"),
            Keys());
}

TEST(ConfigValues, LayoutAndCommentsAreNoDifference) {
  const std::string one = test::one_port() + "[dpdk]\nmbufs = 4096\n";
  EXPECT_EQ(differing(one, "dpdk = { mbufs = 4_096 }\n# a comment\n" + test::one_port()), Keys());
}

TEST(ConfigValues, ListsOfOtherLengthsDiffer) {
  const std::string one = test::one_port();
  EXPECT_EQ(differing(one + "[dpdk]\neal = [\"a\", \"b\"]\n", one + "[dpdk]\neal = [\"ab\"]\n"),
            Keys{"dpdk eal"});
}

}  // namespace
}  // namespace natto
