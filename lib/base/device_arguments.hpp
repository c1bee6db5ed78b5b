#pragma once

// What stands behind the name of a DPDK device, as `device` of natto.toml has it:
// "net_af_packet0,iface=eth1,qpairs=2".

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace natto {

/// The values of the arguments of `device` whose key is one of `keys`, in their order.
[[nodiscard]] std::vector<std::string> devarg_values(std::string_view device,
                                                     std::initializer_list<std::string_view> keys);

/// The kernel's interfaces that `device` names: "eth1" of "net_af_packet0,iface=eth1".
[[nodiscard]] std::vector<std::string> interfaces_of(std::string_view device);

}  // namespace natto
