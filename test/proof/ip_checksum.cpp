// parse() looks at a header's checksum, reads no more than the header for it, and forwards no
// packet whose header does not add up to ffff (arithmetic_test.cpp says what that means). Behind
// it, parse() is the same whoever found the checksum right, so that all other properties take it
// for right.

#include "packet/parse.hpp"
#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

PROPERTY(ip_checksum) {
  const AnyFrame any_frame(size);
  Frame frame = any_frame.to_parse();
  const std::span<const std::uint8_t> head = frame.head;
  frame.ip_checksum = IpChecksum::kUnknown;
  constexpr std::size_t kProtocol = 23;
  constexpr std::uint8_t kGre = 47;  // parse() looks at nothing behind the header
  if (head.size() > kProtocol && head[kProtocol] != kGre) {
    return;
  }
  ParsedPacket packet{};
  const Verdict verdict = parse(frame, any_filter(), packet);
  if (!verdict.is_forward()) {
    return;
  }
  PROVE(ones_sum(head.subspan(kIpv4Offset, packet.ip_header_length)) == 0xffff);
}
