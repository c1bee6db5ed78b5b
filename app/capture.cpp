#include "capture.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <memory>

namespace natto {
namespace {

using Capture = std::unique_ptr<pcap_t, decltype(&pcap_close)>;

Result<Capture> open(const std::filesystem::path& file) {
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  Capture capture(pcap_open_offline(file.c_str(), reason.data()), &pcap_close);
  if (capture == nullptr) {
    return input_error(fmt::format("cannot read capture {}: {}", file.string(), reason.data()));
  }
  if (const int link = pcap_datalink(capture.get()); link != DLT_EN10MB) {
    const char* name = pcap_datalink_val_to_name(link);
    return input_error(
        fmt::format("capture {} is of link type {}, not Ethernet: capture on an Ethernet interface",
                    file.string(), name != nullptr ? name : std::to_string(link)));
  }
  return capture;
}

/// Calls `take` with each packet until it returns true. Returns how many were read.
template <typename Take>
Result<std::uint64_t> read_packets(const std::filesystem::path& file, Take take) {
  const Result<Capture> capture = open(file);
  if (!capture) {
    return capture.error();
  }
  std::uint64_t packets = 0;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(capture->get(), &header, &bytes)) == 1) {
    ++packets;
    if (take(packets, *header, bytes)) {
      return packets;
    }
  }
  if (result != PCAP_ERROR_BREAK) {
    return input_error(fmt::format("capture {} is damaged after packet {}: {}", file.string(),
                                   packets, pcap_geterr(capture->get())));
  }
  return packets;
}

}  // namespace

Result<std::uint64_t> count_packets(const std::filesystem::path& file) {
  return read_packets(file, [](std::uint64_t, const pcap_pkthdr&, const u_char*) { return false; });
}

Result<std::vector<std::uint8_t>> read_frame(const std::filesystem::path& file,
                                             std::uint64_t number) {
  std::vector<std::uint8_t> frame;
  bpf_u_int32 length = 0;
  const auto take = [&](std::uint64_t at, const pcap_pkthdr& header, const u_char* bytes) {
    if (at == number) {
      frame.assign(bytes, bytes + header.caplen);
      length = header.len;
    }
    return at == number;
  };
  const Result<std::uint64_t> packets = read_packets(file, take);
  if (!packets) {
    return packets.error();
  }
  if (number == 0 || *packets < number) {
    return input_error(fmt::format("capture {} has frames 1 to {}, and no frame {}", file.string(),
                                   *packets, number));
  }
  if (frame.size() != length) {
    return input_error(
        fmt::format("frame {} of capture {} holds {} of its {} bytes: capture whole packets "
                    "(tcpdump -s 0)",
                    number, file.string(), frame.size(), length));
  }
  return frame;
}

}  // namespace natto
