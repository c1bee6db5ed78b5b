#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inspect/border.hpp"

namespace natto::test {

inline Ipv4Address ip(std::string_view text) { return parse_ipv4_address(text).value(); }

inline Mapping mapping(std::string name, RealmId realm, std::string_view real,
                       std::string_view mapped) {
  return {.name = std::move(name),
          .realm = realm,
          .real = parse_ipv4_prefix(real).value(),
          .mapped = parse_ipv4_prefix(mapped).value()};
}

/// Both companies behind one port.
inline std::vector<Mapping> one_arm() {
  return {mapping("company-a", 0, "10.32.1.157", "10.33.1.145"),
          mapping("company-b", 0, "10.34.1.125", "10.33.1.151"),
          mapping("a-second", 0, "10.32.1.158", "10.33.1.146"),
          mapping("b-second", 0, "10.34.1.126", "10.33.1.152"),
          mapping("b-offices", 0, "10.34.16.0/20", "10.50.16.0/20")};
}

/// A port for each; some addresses are in both, those of `a` and `b` too.
inline std::vector<Mapping> two_arm() {
  return {mapping("a", 0, "10.0.1.10", "100.64.1.10"),
          mapping("b", 1, "10.0.1.10", "100.64.2.10"),
          mapping("a-offices", 0, "10.0.16.0/20", "100.64.16.0/20"),
          mapping("b-offices", 1, "10.0.16.0/20", "100.64.32.0/20"),
          mapping("a-only", 0, "10.1.0.7", "100.64.1.7"),
          mapping("b-only", 1, "10.2.0.7", "100.64.2.7")};
}

}  // namespace natto::test
