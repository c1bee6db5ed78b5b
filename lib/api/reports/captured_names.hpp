#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "api/reports/appliance_part.hpp"

namespace natto::api {

/// What captured packets are to a person: the names of their mappings and of the rule that allows
/// them, which workers do not know. One thread.
class CapturedNames {
 public:
  explicit CapturedNames(const AppliancePart& appliance) : appliance_(appliance) {}

  struct Names {
    std::string from = {};
    std::string to = {};
    std::string rule = {};
  };
  /// Of a packet of `length` bytes that came from `realm`, of which the first `frame` are there,
  /// when version `version` of the table was in force. None where that has gone meanwhile.
  [[nodiscard]] Names of(std::span<const std::uint8_t> frame, std::uint32_t length, RealmId realm,
                         std::uint64_t version);

 private:
  [[nodiscard]] const LoadedTable* table(std::uint64_t version);

  const AppliancePart& appliance_;
  std::shared_ptr<const LoadedTable> current_;
  std::shared_ptr<const LoadedTable> previous_;  ///< packets of it may still be on their way
};

}  // namespace natto::api
