#include "packet/ip_options.hpp"

namespace natto {

Verdict check_options(std::span<const std::uint8_t> options, bool record_route) noexcept {
  std::size_t at = 0;
  while (at < options.size() && options[at] != kEndOfOptions) {
    if (const Verdict verdict = check_option(options, record_route, at); !verdict.is_forward()) {
      return verdict;
    }
  }
  return Verdict::forward();
}

}  // namespace natto
