// Any bytes as a frame that somebody wants explained, in a buffer of exactly that size: nothing
// outside is read, and what is told is what the parser says.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "config/packet_rules.hpp"
#include "explain/explain.hpp"
#include "fuzz/check.hpp"
#include "packet/parse.hpp"

using namespace natto;

namespace {

Config two_realms() {
  Config config;
  config.ports.resize(2);
  config.ports[0].realm = "company-a";
  config.ports[0].address = parse_ipv4_prefix("10.1.0.1/16").value();
  config.ports[0].source_not_mapped = SourceNotMapped::kPass;
  config.ports[1].realm = "company-b";
  config.ports[1].address = parse_ipv4_prefix("192.168.0.1/16").value();
  return config;
}

MappingTable two_mappings() {
  const auto mapping = [](const char* name, RealmId realm, const char* real, const char* mapped) {
    return Mapping{.name = name,
                   .realm = realm,
                   .real = parse_ipv4_prefix(real).value(),
                   .mapped = parse_ipv4_prefix(mapped).value()};
  };
  return {{mapping("host-a", 0, "10.1.1.10/32", "172.31.1.10/32"),
           mapping("net-b", 1, "192.168.7.0/24", "172.30.7.0/24")}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Config config = two_realms();
  static const MappingTable table = two_mappings();
  const std::vector<std::uint8_t> frame(data, data + size);
  static_cast<void>(realm_of(config, table, "", frame));
  const Explanation explanation = explain(config, table, 0, frame);
  FUZZ_CHECK(!explanation.steps.empty());
  ParsedPacket packet{};
  const Verdict parsed =
      parse({.head = std::span(frame).first(std::min(size, kHeadBytes)),
             .length = static_cast<std::uint32_t>(size)},
            filter_of(config.ports[0], MacAddress{}, /*any_unicast_mac=*/true), packet);
  FUZZ_CHECK(!parsed.is_drop() || explanation.verdict == parsed);
  return 0;
}
