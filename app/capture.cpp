#include "capture.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <pcap/sll.h>

#include <algorithm>
#include <array>
#include <memory>

#include "packet/wire.hpp"
#include "pcapng_directions.hpp"

namespace natto {
namespace {

using Capture = std::unique_ptr<pcap_t, decltype(&pcap_close)>;

Result<Capture> open(const std::filesystem::path& file) {
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  Capture capture(pcap_open_offline(file.c_str(), reason.data()), &pcap_close);
  if (capture == nullptr) {
    return input_error(fmt::format("cannot read capture {}: {}", file.string(), reason.data()));
  }
  const int link = pcap_datalink(capture.get());
  if (link != DLT_EN10MB && link != DLT_LINUX_SLL && link != DLT_LINUX_SLL2) {
    const char* name = pcap_datalink_val_to_name(link);
    return input_error(
        fmt::format("capture {} is of link type {}, not Ethernet: capture on an Ethernet interface",
                    file.string(), name != nullptr ? name : std::to_string(link)));
  }
  return capture;
}

/// A frame without its Ethernet header, as a socket of Linux gives it.
struct Cooked {
  std::uint16_t type;      ///< LINUX_SLL_...
  std::uint16_t protocol;  ///< the ethertype
  std::span<const std::uint8_t> source;
  std::span<const std::uint8_t> payload;
};

Cooked parse_sll(std::span<const std::uint8_t> bytes) {
  return {.type = header_at<Be16>(bytes, 0).host(),
          .protocol = header_at<Be16>(bytes, 14).host(),
          .source = bytes.subspan(6, 6),
          .payload = bytes.subspan(SLL_HDR_LEN)};
}

Cooked parse_sll2(std::span<const std::uint8_t> bytes) {
  return {.type = bytes[10],
          .protocol = header_at<Be16>(bytes, 0).host(),
          .source = bytes.subspan(12, 6),
          .payload = bytes.subspan(SLL2_HDR_LEN)};
}

/// The destination is made up: one station, many or all.
std::vector<std::uint8_t> with_ethernet_header(const Cooked& cooked) {
  MacAddress destination{{2, 0, 0, 0, 0, 1}};
  if (cooked.type == LINUX_SLL_BROADCAST) {
    destination = kBroadcastMac;
  } else if (cooked.type == LINUX_SLL_MULTICAST) {
    destination = {{1, 0, 0x5e, 0, 0, 1}};
  }
  std::vector<std::uint8_t> frame(destination.bytes.begin(), destination.bytes.end());
  frame.insert(frame.end(), cooked.source.begin(), cooked.source.end());
  frame.push_back(static_cast<std::uint8_t>(cooked.protocol >> 8U));
  frame.push_back(static_cast<std::uint8_t>(cooked.protocol));
  frame.insert(frame.end(), cooked.payload.begin(), cooked.payload.end());
  return frame;
}

}  // namespace

Result<std::uint64_t> read_frames(const std::filesystem::path& file,
                                  const std::function<bool(const CapturedFrame&)>& take) {
  const Result<Capture> capture = open(file);
  if (!capture) {
    return capture.error();
  }
  const int link = pcap_datalink(capture->get());
  const std::size_t cooked_bytes = link == DLT_LINUX_SLL    ? SLL_HDR_LEN
                                   : link == DLT_LINUX_SLL2 ? SLL2_HDR_LEN
                                                            : 0;
  PcapngDirections directions(file);
  std::uint64_t packets = 0;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(capture->get(), &header, &data)) == 1) {
    ++packets;
    const std::span<const std::uint8_t> bytes(data, header->caplen);
    const PcapngDirections::Direction direction = directions.next();
    CapturedFrame frame{.number = packets,
                        .bytes = bytes,
                        .length = header->len,
                        .time = header->ts,
                        .outgoing = direction.outbound,
                        .realm = direction.realm};
    std::vector<std::uint8_t> made;
    if (cooked_bytes != 0 && bytes.size() >= cooked_bytes) {
      const Cooked cooked = link == DLT_LINUX_SLL ? parse_sll(bytes) : parse_sll2(bytes);
      made = with_ethernet_header(cooked);
      frame.bytes = made;
      frame.length = frame.length - static_cast<std::uint32_t>(cooked_bytes) +
                     static_cast<std::uint32_t>(kIpv4Offset);
      frame.outgoing = frame.outgoing || cooked.type == LINUX_SLL_OUTGOING;
    }
    if (take(frame)) {
      return packets;
    }
  }
  if (result != PCAP_ERROR_BREAK) {
    return input_error(fmt::format("capture {} is damaged after packet {}: {}", file.string(),
                                   packets, pcap_geterr(capture->get())));
  }
  return packets;
}

Result<std::vector<std::uint8_t>> read_frame(const std::filesystem::path& file,
                                             std::uint64_t number) {
  std::vector<std::uint8_t> bytes;
  std::uint32_t length = 0;
  const auto take = [&](const CapturedFrame& frame) {
    if (frame.number == number) {
      bytes.assign(frame.bytes.begin(), frame.bytes.end());
      length = frame.length;
    }
    return frame.number == number;
  };
  const Result<std::uint64_t> packets = read_frames(file, take);
  if (!packets) {
    return packets.error();
  }
  if (number == 0 || *packets < number) {
    return input_error(fmt::format("capture {} has frames 1 to {}, and no frame {}", file.string(),
                                   *packets, number));
  }
  if (bytes.size() != length) {
    return input_error(
        fmt::format("frame {} of capture {} holds {} of its {} bytes: capture whole packets "
                    "(tcpdump -s 0)",
                    number, file.string(), bytes.size(), length));
  }
  return bytes;
}

bool is_cooked(const std::filesystem::path& file) {
  const Result<Capture> capture = open(file);
  return capture && pcap_datalink(capture->get()) != DLT_EN10MB;
}

}  // namespace natto
