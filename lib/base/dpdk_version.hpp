#pragma once

// A release of DPDK, for code that knows no DPDK too.

#include <compare>
#include <string>

namespace natto {

struct DpdkVersion {
  unsigned year = 0;  ///< without the century
  unsigned month = 0;
  unsigned minor = 0;

  friend constexpr auto operator<=>(DpdkVersion, DpdkVersion) = default;

  /// From the text of rte_version(), such as "DPDK 22.11.11"; zeros, which sort before all others,
  /// if the text is something else.
  [[nodiscard]] static DpdkVersion parse(const std::string& text);
};

}  // namespace natto
