// Each step of clamp_mss() through the options of any TCP header writes nothing but an MSS that is
// too large, and the checksum with it, reads nothing outside of the header, and gets further, not
// beyond the header's end: so all steps together do, by induction. `size`: of the header.

#include "packet/mss.hpp"

#include <array>

#include "packet/checksum.hpp"
#include "proof/inputs.hpp"

using namespace natto;
using namespace natto::proof;

PROPERTY(mss_step) {
  constexpr std::size_t kLongest = 60;
  constexpr std::size_t kChecksum = 16;
  if (size <= sizeof(TcpHeader) + 1 || size > kLongest) {
    return;
  }
  const Block block(size, "frame");
  const std::span<std::uint8_t> segment = block.bytes();
  std::array<std::uint8_t, kLongest> before{};
  std::copy(segment.begin(), segment.end(), before.begin());
  const std::size_t begin = sizeof(TcpHeader) + pick(size - sizeof(TcpHeader) - 1, "at");
  const auto largest = any<std::uint16_t>("largest");
  const std::size_t next = clamp_option(segment, begin, size, largest);

  const std::uint8_t type = before[begin];
  const std::size_t length = type == 1 ? 1 : before[begin + 1];
  const bool whole = type == 1 || (length >= 2 && begin + length <= size);
  PROVE(next == (whole ? begin + length : 0));
  const bool is_mss = whole && type == 2 && length == 4;
  const std::span<const std::uint8_t> old(before);
  const std::uint16_t announced = is_mss ? header_at<Be16>(old, begin + 2).host() : 0;
  const bool lowers = is_mss && announced > largest;
  for (std::size_t at = 0; at < size; ++at) {
    if (!is_within(at, begin + 2, 2) && !is_within(at, kChecksum, 2)) {
      PROVE(segment[at] == before[at]);
    }
  }
  PROVE(lowers || header_at<Be16>(segment, kChecksum) == header_at<Be16>(old, kChecksum));
  PROVE(lowers || begin + 4 > size ||
        header_at<Be16>(segment, begin + 2) == header_at<Be16>(old, begin + 2));
  if (lowers) {
    PROVE(header_at<Be16>(segment, begin + 2).host() == largest);
    ChecksumDelta delta = checksum_delta(Be16::from_host(announced), Be16::from_host(largest));
    if (begin % 2 != 0) {
      delta.raw = byte_swap(delta.raw);
    }
    PROVE(header_at<Be16>(segment, kChecksum).raw() ==
          adjusted(header_at<Be16>(old, kChecksum).raw(), delta));
  }
}
