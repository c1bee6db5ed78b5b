#include "packet/mss.hpp"

#include "packet/checksum.hpp"

namespace natto {
namespace {

// RFC 9293 §3.2.
constexpr std::uint8_t kTcpEndOfList = 0;
constexpr std::uint8_t kTcpNoOperation = 1;
constexpr std::uint8_t kMaximumSegmentSize = 2;

/// Of the value `at` bytes into the segment. It may lie across two of the words that the checksum
/// adds up; what it adds to them is then the other way round (RFC 1071 §2B).
void lower(std::span<std::uint8_t> segment, std::size_t at, std::uint16_t largest) noexcept {
  auto& mss = header_at<Be16>(segment, at);
  const Be16 before = mss;
  if (before.host() <= largest) {
    return;
  }
  mss = Be16::from_host(largest);
  const ChecksumDelta delta = checksum_delta(before, mss);
  auto& tcp = header_at<TcpHeader>(segment, 0);
  tcp.checksum = adjusted(tcp.checksum, at % 2 == 0 ? delta : ChecksumDelta{byte_swap(delta.raw)});
}

}  // namespace

std::size_t clamp_option(std::span<std::uint8_t> segment, std::size_t at, std::size_t end,
                         std::uint16_t largest) noexcept {
  if (segment[at] == kTcpNoOperation) {
    return at + 1;
  }
  const std::size_t length = segment[at + 1];
  if (length < 2 || at + length > end) {
    return 0;
  }
  if (segment[at] == kMaximumSegmentSize && length == 4) {
    lower(segment, at + 2, largest);
  }
  return at + length;
}

void clamp_mss(std::span<std::uint8_t> segment, std::uint16_t largest) noexcept {
  const std::size_t end = header_at<TcpHeader>(segment, 0).header_length();
  if (end > segment.size()) {
    return;
  }
  std::size_t at = sizeof(TcpHeader);
  while (at != 0 && at + 1 < end && segment[at] != kTcpEndOfList) {
    at = clamp_option(segment, at, end, largest);
  }
}

}  // namespace natto
