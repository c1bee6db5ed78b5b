#include "capture.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <array>
#include <memory>

namespace natto {

Result<std::uint64_t> count_packets(const std::filesystem::path& file) {
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(
      pcap_open_offline(file.c_str(), reason.data()), &pcap_close);
  if (capture == nullptr) {
    return input_error(fmt::format("cannot read capture {}: {}", file.string(), reason.data()));
  }
  if (const int link = pcap_datalink(capture.get()); link != DLT_EN10MB) {
    const char* name = pcap_datalink_val_to_name(link);
    return input_error(
        fmt::format("capture {} is of link type {}, not Ethernet: capture on an Ethernet interface",
                    file.string(), name != nullptr ? name : std::to_string(link)));
  }
  std::uint64_t packets = 0;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(capture.get(), &header, &bytes)) == 1) {
    ++packets;
  }
  if (result != PCAP_ERROR_BREAK) {
    return input_error(fmt::format("capture {} is damaged after packet {}: {}", file.string(),
                                   packets, pcap_geterr(capture.get())));
  }
  return packets;
}

}  // namespace natto
