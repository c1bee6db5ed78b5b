#pragma once

#include <fmt/format.h>
#include <rte_errno.h>

#include <string_view>

#include "base/result.hpp"

namespace natto {

/// "cannot <operation> <object>: <text of the error>", of kind kSystem. `error` is an errno or
/// rte_errno value, of either sign.
[[nodiscard]] inline Error dpdk_error(std::string_view operation, std::string_view object,
                                      int error) {
  return system_error(
      fmt::format("cannot {} {}: {}", operation, object, rte_strerror(error < 0 ? -error : error)));
}

}  // namespace natto
