#pragma once

// The kinds of packets that a rule set tells apart: of each, one packet stands for all.

#include <cstdint>
#include <string>
#include <vector>

#include "import/rules.hpp"

namespace natto::old_rules {

struct Service {
  std::uint8_t protocol = 0;  ///< of kOthers one that no rule names
  bool others = false;        ///< every protocol without a service of its own
  Range ports = {0, 0xffff};  ///< destination ports
};

struct Services {
  std::vector<Service> all;                 ///< those of a protocol ascending
  std::vector<std::uint16_t> source_ports;  ///< one of each kind
};

[[nodiscard]] Services services_of(const Ruleset& rules);

/// Protocols that are opened with the same ports.
struct Opening {
  std::vector<std::string> protocols;  ///< none: every one
  std::vector<std::string> ports;      ///< none: every one
};

/// How a policy says the services of which `chosen` is true. `left_out`: "others" were chosen, but
/// not all services, which only a list of all protocols could say; they are not opened.
[[nodiscard]] std::vector<Opening> openings_of(const Services& services,
                                               const std::vector<bool>& chosen, bool& left_out);

}  // namespace natto::old_rules
