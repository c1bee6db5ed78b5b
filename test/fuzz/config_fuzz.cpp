// Any bytes as natto.toml: a config that keeps its promises, or errors of which each names its
// place.

#include <cstdint>

#include "fuzz/check.hpp"
#include "fuzz/temporary_file.hpp"
#include "table/loader.hpp"

using namespace natto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::TemporaryFile file({data, size});
  const Result<Config> config = load_config(file.path());
  if (!config) {
    FUZZ_CHECK(config.error().kind == ErrorKind::kInput);
    FUZZ_CHECK(config.error().message.starts_with(file.path().string()));
    return 0;
  }
  FUZZ_CHECK(!config->ports.empty() && config->ports.size() <= kMaxPorts);
  FUZZ_CHECK(!config->dpdk.lcores.empty());
  for (const PortConfig& port : config->ports) {
    FUZZ_CHECK(!port.realm.empty() && !port.device.empty());
    FUZZ_CHECK(port.mtu >= 68);
    FUZZ_CHECK(!port.gateway || port.address.contains(*port.gateway));
  }
  return 0;
}
