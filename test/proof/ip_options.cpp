// Each step of check_options() through any options reads nothing outside of them, and either ends
// or gets further, not beyond their end: so all steps together do, by induction. `size`: of the
// options.

#include "packet/ip_options.hpp"

#include "proof/proof.hpp"

using namespace natto;
using namespace natto::proof;

PROPERTY(ip_options_step) {
  if (size > 40) {
    return;
  }
  const Block block(size, "frame");
  const std::span<const std::uint8_t> options = block.bytes();
  const std::size_t begin = any<std::uint8_t>("at");
  if (begin >= size || options[begin] == 0) {
    return;
  }
  const bool record_route = any<bool>("record_route");
  std::size_t at = begin;
  const Verdict verdict = check_option(options, record_route, at);
  const std::uint8_t type = options[begin];
  const bool source_route = type == 131 || type == 137;  // RFC 791
  const bool route_record = type == 7 || type == 68;
  const bool whole =
      begin + 1 < size && options[begin + 1] >= 2 && begin + options[begin + 1] <= size;
  if (type == 1) {
    PROVE(verdict.is_forward() && at == begin + 1);
  } else if (!whole) {
    PROVE(verdict == Verdict(DropReason::kIpOptionsMalformed));
  } else if (source_route) {
    PROVE(verdict == Verdict(DropReason::kIpSourceRoute));
  } else if (route_record && !record_route) {
    PROVE(verdict == Verdict(DropReason::kIpRecordRoute));
  } else {
    PROVE(verdict.is_forward() && at == begin + options[begin + 1]);
  }
  PROVE(verdict.is_forward() ? at > begin && at <= size : at == begin);
}
