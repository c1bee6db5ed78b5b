// The schema agrees with the model that the loader fills from it.

#include "config/schema.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/values.hpp"
#include "unit/config/files.hpp"

namespace natto {
namespace {

const KeySchema& key(std::string_view section, std::string_view name) {
  return config_schema().section(section).key(name);
}

std::int64_t default_number(std::string_view section, std::string_view name) {
  return std::get<std::int64_t>(key(section, name).if_absent);
}

/// The index of a choice's default, which is its enumerator's number.
std::size_t default_choice(std::string_view section, std::string_view name) {
  const KeySchema& choice = key(section, name);
  const auto text = std::get<std::string_view>(choice.if_absent);
  const auto found = std::ranges::find(choice.choices, text);
  return static_cast<std::size_t>(found - choice.choices.begin());
}

template <typename Enum>
std::size_t number(Enum enumerator) {
  return static_cast<std::size_t>(enumerator);
}

TEST(Schema, DefaultsAreTheModelsInitialValues) {
  const DpdkConfig dpdk{};
  const auto lcores = std::get<std::string_view>(key("dpdk", "lcores").if_absent);
  EXPECT_EQ(parse_lcores(lcores, key("dpdk", "lcores").range).value(), dpdk.lcores);
  EXPECT_EQ(default_number("dpdk", "main_lcore"), dpdk.main_lcore);
  EXPECT_FALSE(dpdk.mbufs);
  EXPECT_TRUE(dpdk.eal.empty());

  const PortConfig port{};
  EXPECT_EQ(default_number("port", "mtu"), port.mtu);
  EXPECT_EQ(default_choice("port", "checksum_offload"), number(port.checksum_offload));
  EXPECT_EQ(default_choice("port", "source_not_mapped"), number(port.source_not_mapped));
  EXPECT_EQ(default_choice("port", "hairpin"), number(port.hairpin));
  EXPECT_EQ(default_choice("port", "record_route"), number(port.record_route));
  EXPECT_EQ(key("port", "tcp_mss_clamp").choices[default_choice("port", "tcp_mss_clamp")], "off");
  EXPECT_FALSE(port.tcp_mss_clamp);
  EXPECT_FALSE(port.gateway);
  EXPECT_FALSE(port.gateway_mac);
  EXPECT_FALSE(port.kernel_interface);
  EXPECT_EQ(default_number("port", "kernel_packets_per_second"), port.kernel_packets_per_second);

  EXPECT_EQ(
      std::stod(std::string(std::get<std::string_view>(key("table", "max_removed").if_absent))),
      TableConfig{}.max_removed);

  const IcmpConfig icmp{};
  EXPECT_EQ(default_choice("icmp", "outer_source"), number(icmp.rules.outer_source));
  EXPECT_EQ(default_choice("icmp", "inner_checksum_bad"), number(icmp.rules.inner_checksum_bad));
  EXPECT_EQ(default_number("icmp", "errors_per_second"), icmp.errors_per_second);
  EXPECT_EQ(default_number("icmp", "error_burst"), icmp.error_burst);
}

TEST(Schema, TheLoaderUsesTheDefaults) {
  const test::Folder folder;
  const auto config = load_config(folder.write("natto.toml", test::one_port()));
  ASSERT_TRUE(config) << config.error().message;
  const DpdkConfig dpdk{};
  EXPECT_EQ(config->dpdk.lcores, dpdk.lcores);
  EXPECT_EQ(config->dpdk.main_lcore, dpdk.main_lcore);
  EXPECT_EQ(config->dpdk.mbufs, dpdk.mbufs);
  EXPECT_EQ(config->dpdk.eal, dpdk.eal);
  const PortConfig port{};
  EXPECT_EQ(config->ports[0].mtu, port.mtu);
  EXPECT_EQ(config->ports[0].checksum_offload, port.checksum_offload);
  EXPECT_EQ(config->ports[0].source_not_mapped, port.source_not_mapped);
  EXPECT_EQ(config->ports[0].hairpin, port.hairpin);
  EXPECT_EQ(config->ports[0].record_route, port.record_route);
  EXPECT_EQ(config->ports[0].tcp_mss_clamp, port.tcp_mss_clamp);
  EXPECT_EQ(config->ports[0].kernel_interface, port.kernel_interface);
  EXPECT_EQ(config->ports[0].kernel_packets_per_second, port.kernel_packets_per_second);
  const IcmpConfig icmp{};
  EXPECT_EQ(config->icmp.rules.outer_source, icmp.rules.outer_source);
  EXPECT_EQ(config->icmp.rules.inner_checksum_bad, icmp.rules.inner_checksum_bad);
  EXPECT_EQ(config->icmp.errors_per_second, icmp.errors_per_second);
  EXPECT_EQ(config->icmp.error_burst, icmp.error_burst);
}

TEST(Schema, RangesFitTheModelsTypes) {
  EXPECT_TRUE(std::in_range<decltype(PortConfig::mtu)>(key("port", "mtu").range.max));
  EXPECT_TRUE(std::in_range<std::uint32_t>(key("dpdk", "mbufs").range.max));
  EXPECT_TRUE(std::in_range<std::uint16_t>(key("port", "tcp_mss_clamp").range.max));
  EXPECT_GE(key("dpdk", "mbufs").range.min, 0);
  EXPECT_EQ(key("dpdk", "lcores").range.max, 1023);
  EXPECT_EQ(key("dpdk", "main_lcore").range.max, 1023);
}

TEST(Schema, EveryKeyIsDocumentedOnce) {
  const std::string markdown = configuration_markdown();
  for (const FileSchema* file : {&config_schema(), &mappings_schema()}) {
    EXPECT_NE(markdown.find("## " + std::string(file->name) + "\n"), std::string::npos);
    std::vector<std::pair<std::string, std::span<const KeySchema>>> parts;
    if (!file->top.keys.empty()) {
      parts.emplace_back(file->top.name, file->top.keys);
    }
    for (const SectionSchema& section : file->sections) {
      parts.emplace_back(section.header(), section.keys);
    }
    for (const auto& [title, keys] : parts) {
      const std::size_t from = markdown.find("### `" + title + "`\n");
      ASSERT_NE(from, std::string::npos) << title;
      const std::string part = markdown.substr(from, markdown.find("\n#", from) - from);
      std::set<std::string_view> names;
      for (const KeySchema& entry : keys) {
        EXPECT_NE(part.find("\n| `" + std::string(entry.name) + "` | "), std::string::npos)
            << entry.name;
        EXPECT_TRUE(entry.meaning.ends_with('.')) << entry.name;
        EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
      }
    }
  }
}

TEST(Schema, RowsSayDefaultAndRange) {
  const std::string markdown = configuration_markdown();
  EXPECT_NE(markdown.find("| `mtu` | an integer | `1500` | 68 to 9216 | "), std::string::npos);
  EXPECT_NE(
      markdown.find("| `source_not_mapped` | a string | `\"drop\"` | \"drop\" or \"pass\" | "),
      std::string::npos);
  EXPECT_NE(markdown.find("| `tcp_mss_clamp` | a string or an integer | `\"off\"` | \"off\" or "
                          "\"auto\" or 536 to 9176 | "),
            std::string::npos);
  EXPECT_NE(markdown.find("| `real` | a string | **required** | "), std::string::npos);
}

}  // namespace
}  // namespace natto
