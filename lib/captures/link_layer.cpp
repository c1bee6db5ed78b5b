#include "captures/link_layer.hpp"

#include <pcap/pcap.h>
#include <pcap/sll.h>

#include <algorithm>

#include "packet/wire.hpp"

namespace natto {
namespace {

// In files; libpcap's own number for raw IP depends on the system.
constexpr int kLinkRaw = 101;
constexpr int kLinkRawOfOpenBsd = 14;

constexpr MacAddress kMadeUpSender{{2, 0, 0, 0, 0, 2}};
constexpr MacAddress kMulticastMac{{1, 0, 0x5e, 0, 0, 1}};
constexpr std::uint16_t kNoEthertype = 0xffff;

/// A header of Linux's cooked captures, which a socket fills that is bound to no interface.
struct Cooked {
  std::uint16_t type;  ///< LINUX_SLL_...
  std::uint16_t ethertype;
  MacAddress source;
};

MacAddress mac_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  MacAddress mac{};
  std::ranges::copy(bytes.subspan(offset, mac.bytes.size()), mac.bytes.begin());
  return mac;
}

Cooked parse_sll(std::span<const std::uint8_t> bytes) {
  return {.type = header_at<Be16>(bytes, 0).host(),
          .ethertype = header_at<Be16>(bytes, 14).host(),
          .source = mac_at(bytes, 6)};
}

Cooked parse_sll2(std::span<const std::uint8_t> bytes) {
  return {.type = bytes[10],
          .ethertype = header_at<Be16>(bytes, 0).host(),
          .source = mac_at(bytes, 12)};
}

MacAddress destination_of(std::uint16_t type, MacAddress station) {
  return type == LINUX_SLL_BROADCAST   ? kBroadcastMac
         : type == LINUX_SLL_MULTICAST ? kMulticastMac
                                       : station;
}

std::uint16_t ethertype_of_ip(std::span<const std::uint8_t> packet) {
  const unsigned version = packet.empty() ? 0 : packet[0] >> 4U;
  return version == 4 ? ethertype::kIpv4 : version == 6 ? ethertype::kIpv6 : kNoEthertype;
}

/// An address family of BSD's loopback; of the machine that captured, so in either byte order.
std::uint16_t ethertype_of_family(std::span<const std::uint8_t> bytes) {
  const std::uint32_t family = header_at<Be32>(bytes, 0).host();
  switch (std::min(family, __builtin_bswap32(family))) {
    case 2:
      return ethertype::kIpv4;
    case 10:  // Linux, BSDs, Darwin
    case 24:
    case 28:
    case 30:
      return ethertype::kIpv6;
    default:
      return kNoEthertype;
  }
}

std::size_t header_bytes_of(int type) {
  switch (type) {
    case DLT_LINUX_SLL:
      return SLL_HDR_LEN;
    case DLT_LINUX_SLL2:
      return SLL2_HDR_LEN;
    case DLT_NULL:
    case DLT_LOOP:
      return 4;
    default:
      return 0;
  }
}

}  // namespace

bool LinkLayer::is_known() const noexcept {
  switch (type_) {
    case DLT_EN10MB:
    case DLT_LINUX_SLL:
    case DLT_LINUX_SLL2:
    case DLT_NULL:
    case DLT_LOOP:
    case DLT_RAW:
    case kLinkRaw:
    case kLinkRawOfOpenBsd:
    case DLT_IPV4:
    case DLT_IPV6:
      return true;
    default:
      return false;
  }
}

bool LinkLayer::is_ethernet() const noexcept { return type_ == DLT_EN10MB; }

std::string LinkLayer::name() const {
  const char* name = pcap_datalink_val_to_name(type_);
  return name != nullptr ? name : std::to_string(type_);
}

LinkFrame LinkLayer::to_ethernet(std::span<const std::uint8_t> bytes, std::uint32_t length) {
  if (is_ethernet()) {
    return {.bytes = bytes, .length = length};
  }
  const std::size_t header = header_bytes_of(type_);
  if (bytes.size() < header) {
    return with_header(station_, kMadeUpSender, kNoEthertype, {}, 0, 0);
  }
  if (header == 0) {
    return with_header(station_, kMadeUpSender, ethertype_of_ip(bytes), bytes, length, header);
  }
  if (type_ == DLT_NULL || type_ == DLT_LOOP) {
    return with_header(station_, kMadeUpSender, ethertype_of_family(bytes), bytes, length, header);
  }
  const Cooked cooked = type_ == DLT_LINUX_SLL ? parse_sll(bytes) : parse_sll2(bytes);
  LinkFrame frame = with_header(destination_of(cooked.type, station_), cooked.source,
                                cooked.ethertype, bytes, length, header);
  frame.outgoing = cooked.type == LINUX_SLL_OUTGOING;
  return frame;
}

LinkFrame LinkLayer::with_header(const MacAddress& destination, const MacAddress& source,
                                 std::uint16_t ethertype, std::span<const std::uint8_t> bytes,
                                 std::uint32_t length, std::size_t header_bytes) {
  frame_.assign(destination.bytes.begin(), destination.bytes.end());
  frame_.insert(frame_.end(), source.bytes.begin(), source.bytes.end());
  frame_.push_back(static_cast<std::uint8_t>(ethertype >> 8U));
  frame_.push_back(static_cast<std::uint8_t>(ethertype));
  const auto content = bytes.subspan(header_bytes);
  frame_.insert(frame_.end(), content.begin(), content.end());
  const std::uint64_t left_out = length > bytes.size() ? length - bytes.size() : 0;
  return {.bytes = frame_,
          .length = static_cast<std::uint32_t>(
              std::min<std::uint64_t>(frame_.size() + left_out, UINT32_MAX))};
}

}  // namespace natto
