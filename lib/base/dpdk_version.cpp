#include "base/dpdk_version.hpp"

#include <cstdio>

namespace natto {

DpdkVersion DpdkVersion::parse(const std::string& text) {
  DpdkVersion version;
  const int parts =
      std::sscanf(text.c_str(), "DPDK %4u.%2u.%4u", &version.year, &version.month, &version.minor);
  return parts == 3 ? version : DpdkVersion{};
}

}  // namespace natto
