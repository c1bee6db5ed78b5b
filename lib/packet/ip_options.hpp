#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "packet/verdict.hpp"

namespace natto {

/// RFC 791 §3.1, option numbers as in the first byte (copied flag included).
inline constexpr std::uint8_t kEndOfOptions = 0;
inline constexpr std::uint8_t kNoOperationOption = 1;
inline constexpr std::uint8_t kRecordRouteOption = 7;
inline constexpr std::uint8_t kTimestampOption = 68;
inline constexpr std::uint8_t kLooseSourceRouteOption = 131;
inline constexpr std::uint8_t kStrictSourceRouteOption = 137;

/// Whether a packet with these options of its IPv4 header may pass (R23, H7 of
/// doc/rfc-compliance.md). `record_route`: so may those with a record route or timestamp.
[[nodiscard]] Verdict check_options(std::span<const std::uint8_t> options,
                                    bool record_route) noexcept;

/// One step of it: looks at the option `at`, which begins within `options`. If it may pass, `at`
/// is where the next one begins, at most at the end; else it stays.
[[nodiscard]] inline Verdict check_option(std::span<const std::uint8_t> options, bool record_route,
                                          std::size_t& at) noexcept {
  if (options[at] == kNoOperationOption) {
    ++at;
    return Verdict::forward();
  }
  if (at + 1 >= options.size() || options[at + 1] < 2 || at + options[at + 1] > options.size()) {
    return DropReason::kIpOptionsMalformed;
  }
  switch (options[at]) {
    case kLooseSourceRouteOption:
    case kStrictSourceRouteOption:
      return DropReason::kIpSourceRoute;
    case kRecordRouteOption:
    case kTimestampOption:
      if (!record_route) {
        return DropReason::kIpRecordRoute;
      }
      break;
    default:
      break;
  }
  at += options[at + 1];
  return Verdict::forward();
}

}  // namespace natto
