#pragma once

#include <gtest/gtest.h>

#include <string>

#include "export/exporter.hpp"
#include "unit/config/files.hpp"

namespace natto::test {

/// What is exported of a mappings.toml in `config`, or the error.
inline std::string exported(const std::string& mappings, const exports::Options& options,
                            const Config& config = two_realms()) {
  const Folder folder;
  const auto table = load_mappings(folder.write("mappings.toml", mappings), config);
  EXPECT_TRUE(table.ok()) << table.error().message;
  if (!table) {
    return "";
  }
  const auto result = exports::export_table(*table, config, options);
  if (!result) {
    return "error: " + result.error().message;
  }
  std::string text = result->text;
  for (const std::string& note : result->notes) {
    text += "note: " + note + "\n";
  }
  return text;
}

/// Behind the first line, which names natto's version and the digest.
inline std::string without_title(const std::string& text) {
  return text.substr(text.find('\n') + 1);
}

}  // namespace natto::test
