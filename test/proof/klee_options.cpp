// For KLEE alone, in place of check_options() where a property is about what comes after it: it
// says whatever check_options() may say of options, and ip_options.cpp proves of each of its steps
// that it says nothing else, reads nothing else, and gets nearer the end.

#include "packet/ip_options.hpp"
#include "proof/proof.hpp"

namespace natto {

Verdict check_options(std::span<const std::uint8_t> /*options*/, bool record_route) noexcept {
  switch (proof::any<std::uint8_t>("options") % 4) {
    case 0:
      return DropReason::kIpOptionsMalformed;
    case 1:
      return DropReason::kIpSourceRoute;
    case 2:
      return record_route ? Verdict::forward() : Verdict(DropReason::kIpRecordRoute);
    default:
      return Verdict::forward();
  }
}

}  // namespace natto
