// Any bytes as mappings.toml: a bijection and a policy that are written as they are read, or errors
// of which each names its place.

#include <cstdint>
#include <string>

#include "fuzz/check.hpp"
#include "fuzz/temporary_file.hpp"
#include "table/loader.hpp"
#include "table/mapping_file.hpp"
#include "table/table_digest.hpp"

using namespace natto;

namespace {

Config two_realms() {
  Config config;
  for (const char* realm : {"company-a", "company-b"}) {
    config.ports.push_back(
        {.realm = realm, .device = realm, .address = {}, .gateway = {}, .gateway_mac = {}});
  }
  config.ports[0].address = parse_ipv4_prefix("10.33.1.124/28").value();
  config.ports[1].address = parse_ipv4_prefix("10.33.2.124/28").value();
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Config config = two_realms();
  const fuzz::TemporaryFile file({data, size});
  const Result<MappingTable> table = load_mappings(file.path(), config);
  if (!table) {
    FUZZ_CHECK(table.error().kind == ErrorKind::kInput);
    FUZZ_CHECK(table.error().message.starts_with(file.path().string()));
    return 0;
  }
  const auto& mappings = table->mappings;
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    FUZZ_CHECK(mappings[i].real.length == mappings[i].mapped.length);
    FUZZ_CHECK(!mappings[i].real.has_host_bits() && !mappings[i].mapped.has_host_bits());
    for (std::size_t j = 0; j < i; ++j) {
      FUZZ_CHECK(!mappings[i].mapped.overlaps(mappings[j].mapped));
      FUZZ_CHECK(mappings[i].realm != mappings[j].realm ||
                 !mappings[i].real.overlaps(mappings[j].real));
      FUZZ_CHECK(mappings[i].name != mappings[j].name);
    }
  }
  const std::string written = mapping_file_text(*table, config, "");
  const fuzz::TemporaryFile again(
      {reinterpret_cast<const std::uint8_t*>(written.data()), written.size()});
  const Result<MappingTable> same = load_mappings(again.path(), config);
  FUZZ_CHECK(same.ok());
  FUZZ_CHECK(table_digest(*same, config) == table_digest(*table, config));
  return 0;
}
