#pragma once

#include "doctor/finding.hpp"
#include "doctor/machine.hpp"
#include "doctor/needs.hpp"

namespace natto {

/// The smallest MTU of the ports, and what becomes of larger packets: of TCP's as well, unless
/// every two ports whose MTUs differ hold it to what both carry (tcp_mss_clamp).
[[nodiscard]] Finding check_path_mtu(const Machine& machine, const Needs& needs);

}  // namespace natto
