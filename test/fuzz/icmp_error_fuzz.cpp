// ICMP errors that are right on the outside and quote any bytes: the quoted packet's addresses are
// translated, the error's checksum stays right, and nothing beyond the quote is touched.
//
// Input: type, the rest of the ICMP header (4 bytes), then the quote; where it is long enough it is
// given the addresses that make it an answer to the outer packet.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/check.hpp"
#include "packet/parse.hpp"
#include "packet/rewrite.hpp"

using namespace natto;

namespace {

constexpr Ipv4Address kRouter = Ipv4Address::of(192, 0, 2, 1);
constexpr Ipv4Address kHost = Ipv4Address::of(172, 31, 1, 10);
constexpr std::size_t kIcmp = kIpv4Offset + sizeof(Ipv4Header);
constexpr std::size_t kQuote = kIcmp + sizeof(IcmpHeader);

std::vector<std::uint8_t> make_error(std::span<const std::uint8_t> data) {
  constexpr std::uint8_t kTypes[] = {3, 11, 12, 4, 5};
  const auto quote = data.subspan(5);
  std::vector<std::uint8_t> frame(kQuote + std::min<std::size_t>(quote.size(), 1400));
  const std::span<std::uint8_t> bytes(frame);
  header_at<EthernetHeader>(bytes, 0).ethertype = Be16::from_host(ethertype::kIpv4);
  std::copy_n(quote.begin(), frame.size() - kQuote, frame.begin() + kQuote);
  if (frame.size() >= kQuote + sizeof(Ipv4Header)) {
    header_at<Ipv4Header>(bytes, kQuote).source = kHost;
  }
  auto& icmp = header_at<IcmpHeader>(bytes, kIcmp);
  icmp.type = kTypes[data[0] % std::size(kTypes)];
  std::copy_n(data.begin() + 1, 4, icmp.rest.begin());
  icmp.checksum = Be16::from_raw(0);
  icmp.checksum = internet_checksum(bytes.subspan(kIcmp));
  auto& ip = header_at<Ipv4Header>(bytes, kIpv4Offset);
  ip.version_ihl = 0x45;
  ip.total_length = Be16::from_host(static_cast<std::uint16_t>(frame.size() - kIpv4Offset));
  ip.ttl = 64;
  ip.protocol = protocol::kIcmp;
  ip.source = kRouter;
  ip.destination = kHost;
  ip.checksum = Be16::from_raw(0);
  ip.checksum = internet_checksum(bytes.subspan(kIpv4Offset, sizeof(Ipv4Header)));
  return frame;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5) {
    return 0;
  }
  const std::vector<std::uint8_t> before = make_error({data, size});
  std::vector<std::uint8_t> frame = before;
  const std::span<std::uint8_t> bytes(frame);
  ParsedPacket packet{};
  const Verdict verdict = parse(
      {.head = std::span<const std::uint8_t>(before).first(std::min(before.size(), kHeadBytes)),
       .length = static_cast<std::uint32_t>(before.size())},
      {.mac = {}, .any_unicast_mac = true}, packet);
  if (!verdict.is_forward()) {
    FUZZ_CHECK(verdict.is_drop());
    return 0;
  }
  FUZZ_CHECK(packet.is_icmp_error());
  FUZZ_CHECK(packet.mapped_key == kHost);
  const Replacement host{Ipv4Address::of(10, 1, 1, 10),
                         checksum_delta(kHost.bits, Ipv4Address::of(10, 1, 1, 10).bits)};
  const Ipv4Address peer_address = Ipv4Address::of(172, 30, 7, 20);
  const Replacement peer{peer_address, checksum_delta(packet.real_key.bits, peer_address.bits)};
  rewrite_quoted(bytes.first(std::min(frame.size(), kHeadBytes)), packet,
                 NewAddresses::of(host, peer));

  FUZZ_CHECK(ones_sum(bytes.subspan(kIcmp)) == 0xffff);
  const std::size_t header = header_at<Ipv4Header>(bytes, kQuote).header_length();
  FUZZ_CHECK((ones_sum(bytes.subspan(kQuote, header)) != 0xffff) == packet.quoted.checksum_bad);
  FUZZ_CHECK(header_at<Ipv4Header>(bytes, kQuote).source == host.address);
  FUZZ_CHECK(header_at<Ipv4Header>(bytes, kQuote).destination == peer.address);
  const std::size_t transport = packet.quoted.transport.offset;
  for (std::size_t at = kQuote; at < frame.size(); ++at) {
    const bool in_header = at >= kQuote + 10 && at < kQuote + 20;
    const bool in_transport = transport != 0 && at >= transport && at < transport + 2;
    FUZZ_CHECK(frame[at] == before[at] || in_header || in_transport);
  }
  return 0;
}
