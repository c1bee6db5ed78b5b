// Any text as old rules: a table that is accepted as it is written, or an error that says why not.
// The first byte chooses the dialect.

#include <cstdint>
#include <set>
#include <string>

#include "fuzz/check.hpp"
#include "fuzz/temporary_file.hpp"
#include "import/analysis.hpp"
#include "import/parsers.hpp"
#include "import/writer.hpp"
#include "table/loader.hpp"

using namespace natto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto dialect = static_cast<old_rules::Dialect>(data[0] % 4);
  const auto rules =
      old_rules::read_rules({reinterpret_cast<const char*>(data) + 1, size - 1}, dialect);
  if (!rules) {
    FUZZ_CHECK(rules.error().kind == ErrorKind::kInput);
    FUZZ_CHECK(!rules.error().message.empty());
    return 0;
  }
  const auto table = old_rules::analyse(*rules, {});
  if (!table) {
    FUZZ_CHECK(table.error().kind == ErrorKind::kInput);
    return 0;
  }
  FUZZ_CHECK(!old_rules::report_text(*table).empty());
  Config config;
  std::set<std::string> realms;
  for (const old_rules::ImportedMapping& mapping : table->mappings) {
    realms.insert(mapping.realm);
  }
  if (realms.size() > kMaxPorts) {
    return 0;
  }
  for (const std::string& realm : realms) {
    const std::string name = realm.empty() ? "only" : realm;
    config.ports.push_back(
        {.realm = name, .device = name, .address = {}, .gateway = {}, .gateway_mac = {}});
    config.ports.back().address =
        parse_ipv4_prefix("192.0.2." + std::to_string(config.ports.size()) + "/32").value();
  }
  const std::string text = old_rules::table_text(*table, "fuzz");
  const fuzz::TemporaryFile file({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  const Result<MappingTable> read = load_mappings(file.path(), config);
  FUZZ_CHECK(read.ok() || read.error().message.find("natto's own address") != std::string::npos);
  return 0;
}
