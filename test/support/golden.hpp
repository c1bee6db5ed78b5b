#pragma once

// The folders of test/golden, read.

#include <filesystem>
#include <string>
#include <vector>

#include "support/bytes.hpp"
#include "table/loader.hpp"

namespace natto::test {

struct Golden {
  struct Arrival {
    RealmId realm;
    Bytes frame;
  };

  std::string name;
  std::filesystem::path folder;
  ApplianceFiles appliance;
  std::vector<Arrival> arrivals;
};

/// Every golden, in any order.
[[nodiscard]] std::vector<Golden> all_goldens();

}  // namespace natto::test
