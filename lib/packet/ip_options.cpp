#include "packet/ip_options.hpp"

namespace natto {
namespace {

/// RFC 791 §3.1, option numbers as in the first byte (copied flag included).
constexpr std::uint8_t kIpEndOfList = 0;
constexpr std::uint8_t kIpNoOperation = 1;
constexpr std::uint8_t kRecordRoute = 7;
constexpr std::uint8_t kTimestamp = 68;
constexpr std::uint8_t kLooseSourceRoute = 131;
constexpr std::uint8_t kStrictSourceRoute = 137;

}  // namespace

Verdict check_option(std::span<const std::uint8_t> options, bool record_route,
                     std::size_t& at) noexcept {
  if (options[at] == kIpNoOperation) {
    ++at;
    return Verdict::forward();
  }
  if (at + 1 >= options.size() || options[at + 1] < 2 || at + options[at + 1] > options.size()) {
    return DropReason::kIpOptionsMalformed;
  }
  switch (options[at]) {
    case kLooseSourceRoute:
    case kStrictSourceRoute:
      return DropReason::kIpSourceRoute;
    case kRecordRoute:
    case kTimestamp:
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

Verdict check_options(std::span<const std::uint8_t> options, bool record_route) noexcept {
  std::size_t at = 0;
  while (at < options.size() && options[at] != kIpEndOfList) {
    if (const Verdict verdict = check_option(options, record_route, at); !verdict.is_forward()) {
      return verdict;
    }
  }
  return Verdict::forward();
}

}  // namespace natto
