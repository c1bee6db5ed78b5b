#include "base/device_arguments.hpp"

#include <algorithm>

namespace natto {

std::vector<std::string> devarg_values(std::string_view device,
                                       std::initializer_list<std::string_view> keys) {
  std::vector<std::string> values;
  for (std::size_t comma = device.find(','); comma != std::string_view::npos;
       comma = device.find(',', comma + 1)) {
    const std::string_view devarg = device.substr(comma + 1);
    const std::size_t equals = devarg.find_first_of("=,");
    if (equals < devarg.size() && devarg[equals] == '=' &&
        std::ranges::find(keys, devarg.substr(0, equals)) != keys.end()) {
      values.emplace_back(devarg.substr(equals + 1, devarg.find(',') - equals - 1));
    }
  }
  return values;
}

std::vector<std::string> interfaces_of(std::string_view device) {
  return devarg_values(device, {"iface", "rx_iface", "rx_iface_in", "tx_iface"});
}

}  // namespace natto
