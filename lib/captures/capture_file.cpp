#include "captures/capture_file.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <unordered_map>

#include "captures/pcapng_reader.hpp"

namespace natto {
namespace {

using OpenPcap = std::unique_ptr<pcap_t, decltype(&pcap_close)>;

Error cannot_read(const std::string& name, const std::string& why) {
  return input_error(fmt::format("cannot read capture {}: {}", name, why));
}

Error wrong_link(const std::string& what, const LinkLayer& link, const char* advice) {
  return input_error(
      fmt::format("{} is of link type {}, not Ethernet: {}", what, link.name(), advice));
}

Result<OpenPcap> open_pcap(const ReadableFile& file) {
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  OpenPcap pcap(pcap_open_offline_with_tstamp_precision(file.path().c_str(),
                                                        PCAP_TSTAMP_PRECISION_NANO, reason.data()),
                &pcap_close);
  if (pcap == nullptr) {
    std::string why(reason.data());
    if (const std::size_t at = why.find(file.path().string() + ": "); at == 0) {
      why.erase(0, file.path().string().size() + 2);
    }
    return cannot_read(file.name(), why);
  }
  return pcap;
}

bool has_nanoseconds(const std::filesystem::path& file) {
  std::uint32_t magic = 0;
  std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(&magic), sizeof(magic));
  constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
  return magic == kNanoseconds || magic == __builtin_bswap32(kNanoseconds);
}

std::string names_of(const std::vector<PcapngInterface>& interfaces) {
  std::string names;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ",
                         interfaces[i].name.empty() ? std::to_string(i) : interfaces[i].name);
  }
  return names.empty() ? "none" : names;
}

}  // namespace

Result<CaptureFile> CaptureFile::open(const std::filesystem::path& named, MacAddress station) {
  std::filesystem::path file = named;
  std::optional<std::string> interface;
  std::error_code ignored;
  const std::string text = named.string();
  if (const std::size_t hash = text.rfind('#');
      hash != std::string::npos && hash > 0 && !std::filesystem::exists(named, ignored)) {
    file = text.substr(0, hash);
    interface = text.substr(hash + 1);
  }
  Result<ReadableFile> readable = ReadableFile::open(file);
  if (!readable) {
    return readable.error();
  }
  CaptureFile capture(*std::move(readable), std::move(interface), station);
  const Status looked = capture.look();
  return looked ? Result<CaptureFile>(std::move(capture)) : looked.error();
}

Status CaptureFile::look() {
  if (PcapngReader::reads(path())) {
    format_ = CaptureFormat::kPcapng;
    return Done{};
  }
  if (interface_) {
    return input_error(fmt::format("{}#{}: only pcapng has interfaces, and {} is none", name(),
                                   *interface_, name()));
  }
  const Result<OpenPcap> pcap = open_pcap(file_);
  if (!pcap) {
    return pcap.error();
  }
  const LinkLayer link(pcap_datalink(pcap->get()));
  if (!link.is_known()) {
    return wrong_link("capture " + name(), link, "capture on an Ethernet interface");
  }
  format_ = has_nanoseconds(path()) ? CaptureFormat::kPcapNanoseconds : CaptureFormat::kPcap;
  plain_ = link.is_ethernet();
  return Done{};
}

Result<CaptureEnd> CaptureFile::read(const std::function<bool(const CapturedFrame&)>& take) const {
  return format_ == CaptureFormat::kPcapng ? read_pcapng(take) : read_pcap(take);
}

Result<CaptureEnd> CaptureFile::read_pcap(
    const std::function<bool(const CapturedFrame&)>& take) const {
  const Result<OpenPcap> opened = open_pcap(file_);
  if (!opened) {
    return opened.error();
  }
  pcap_t* pcap = opened->get();
  LinkLayer link(pcap_datalink(pcap), station_);
  std::uint64_t packets = 0;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(pcap, &header, &data)) == 1) {
    ++packets;
    const LinkFrame frame =
        link.to_ethernet({data, header->caplen}, std::max(header->caplen, header->len));
    const auto seconds = static_cast<std::uint64_t>(header->ts.tv_sec);
    if (take({.number = packets,
              .bytes = frame.bytes,
              .length = frame.length,
              .time_ns = seconds * kSecondNs + static_cast<std::uint64_t>(header->ts.tv_usec),
              .outgoing = frame.outgoing,
              .realm = {},
              .comments = {}})) {
      return CaptureEnd{.packets = packets};
    }
  }
  if (result == PCAP_ERROR_BREAK && file_.cut().empty()) {
    return CaptureEnd{.packets = packets};
  }
  // libpcap has met the end of the file only where it wanted more of it.
  if (result == PCAP_ERROR_BREAK || std::feof(pcap_file(pcap)) != 0) {
    return cut_after(packets);
  }
  return damaged(packets, pcap_geterr(pcap));
}

Result<CaptureEnd> CaptureFile::read_pcapng(
    const std::function<bool(const CapturedFrame&)>& take) const {
  PcapngReader reader(path());
  std::unordered_map<std::size_t, LinkLayer> links;
  const auto wanted = [&](std::size_t interface) {
    return !interface_ || reader.interfaces()[interface].name == *interface_ ||
           std::to_string(interface) == *interface_;
  };
  std::uint64_t packets = 0;
  for (;;) {
    const Result<std::optional<PcapngPacket>> read = reader.next();
    if (!read) {
      return damaged(packets, read.error().message);
    }
    if (!read->has_value()) {
      break;
    }
    const PcapngPacket& packet = **read;
    ++packets;
    if (!wanted(packet.interface)) {
      continue;
    }
    const PcapngInterface& interface = reader.interfaces()[packet.interface];
    LinkLayer& link =
        links.try_emplace(packet.interface, interface.link_type, station_).first->second;
    if (!link.is_known()) {
      return wrong_link(
          fmt::format("interface {} of capture {}",
                      interface.name.empty() ? std::to_string(packet.interface) : interface.name,
                      name()),
          link, "name another one, as FILE#INTERFACE");
    }
    const LinkFrame frame = link.to_ethernet(packet.bytes, packet.length);
    if (take({.number = packets,
              .bytes = frame.bytes,
              .length = frame.length,
              .time_ns = packet.time_ns,
              .outgoing = packet.outbound || frame.outgoing,
              .realm = interface.realm,
              .comments = packet.comments})) {
      return CaptureEnd{.packets = packets};
    }
  }
  bool any = !interface_;
  for (std::size_t i = 0; i < reader.interfaces().size(); ++i) {
    any = any || wanted(i);
  }
  if (!any) {
    return input_error(fmt::format("capture {} has no interface {}: it has {}", name(), *interface_,
                                   names_of(reader.interfaces())));
  }
  return reader.cut() || !file_.cut().empty() ? cut_after(packets) : CaptureEnd{.packets = packets};
}

Error CaptureFile::damaged(std::uint64_t packets, const std::string& how) const {
  return input_error(
      fmt::format("capture {} is damaged after packet {}: {}", name(), packets, how));
}

CaptureEnd CaptureFile::cut_after(std::uint64_t packets) const {
  return {.packets = packets,
          .warning = fmt::format("capture {} ends within packet {}: used up to packet {}", name(),
                                 packets + 1, packets)};
}

Result<std::vector<std::uint8_t>> read_frame(const std::filesystem::path& named,
                                             std::uint64_t number) {
  const Result<CaptureFile> capture = CaptureFile::open(named);
  if (!capture) {
    return capture.error();
  }
  std::vector<std::uint8_t> found;
  std::uint32_t length = 0;
  bool is_there = false;
  const auto end = capture->read([&](const CapturedFrame& frame) {
    is_there = frame.number == number;
    if (is_there) {
      found.assign(frame.bytes.begin(), frame.bytes.end());
      length = frame.length;
    }
    return is_there;
  });
  if (!end) {
    return end.error();
  }
  if (!is_there) {
    return input_error(fmt::format("capture {} has frames 1 to {}, and no frame {}",
                                   capture->name(), end->packets, number));
  }
  if (found.size() != length) {
    return input_error(
        fmt::format("frame {} of capture {} holds {} of its {} bytes: capture whole packets "
                    "(tcpdump -s 0)",
                    number, capture->name(), found.size(), length));
  }
  return found;
}

}  // namespace natto
