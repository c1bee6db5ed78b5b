#include "captures/capture_writer.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace natto {
namespace {

constexpr int kSnapLength = 262'144;  // tcpdump's

Error cannot_write(const std::filesystem::path& file) {
  return system_error(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
}

}  // namespace

Result<CaptureWriter> CaptureWriter::create(const std::filesystem::path& file, CaptureFormat format,
                                            const std::string& interface) {
  CaptureWriter writer(file, format);
  if (format != CaptureFormat::kPcapng) {
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> pcap(
        pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapLength,
                                             format == CaptureFormat::kPcapNanoseconds
                                                 ? PCAP_TSTAMP_PRECISION_NANO
                                                 : PCAP_TSTAMP_PRECISION_MICRO),
        &pcap_close);
    writer.pcap_.reset(pcap_dump_open(pcap.get(), file.c_str()));
    return writer.pcap_ != nullptr ? Result<CaptureWriter>(std::move(writer)) : cannot_write(file);
  }
  writer.pcapng_.reset(std::fopen(file.c_str(), "we"));
  if (writer.pcapng_ == nullptr) {
    return cannot_write(file);
  }
  writer.write_block(PcapngBlock::section());
  writer.write_block(PcapngBlock::interface(kSnapLength, interface));
  return writer;
}

void CaptureWriter::write(std::uint64_t time_ns, std::span<const std::uint8_t> bytes,
                          std::uint32_t length, std::span<const std::string> comments) {
  if (pcap_ != nullptr) {
    const std::uint64_t fraction = time_ns % kSecondNs;
    pcap_pkthdr header{};
    header.ts.tv_sec = static_cast<time_t>(time_ns / kSecondNs);
    header.ts.tv_usec = static_cast<suseconds_t>(
        format_ == CaptureFormat::kPcapNanoseconds ? fraction : fraction / 1000);
    header.caplen = static_cast<bpf_u_int32>(bytes.size());
    header.len = length;
    pcap_dump(reinterpret_cast<u_char*>(pcap_.get()), &header, bytes.data());
    return;
  }
  PcapngBlock block = PcapngBlock::packet(0, time_ns, length, bytes);
  for (const std::string& comment : comments) {
    block.option(pcapng::kComment, comment);
  }
  write_block(std::move(block));
}

void CaptureWriter::write_block(PcapngBlock block) {
  const std::string bytes = std::move(block).finish();
  std::fwrite(bytes.data(), 1, bytes.size(), pcapng_.get());
}

Status CaptureWriter::finish() {
  std::FILE* file = pcap_ != nullptr ? pcap_dump_file(pcap_.get()) : pcapng_.get();
  const bool written = std::fflush(file) == 0 && std::ferror(file) == 0;
  return written ? Status(Done{}) : cannot_write(file_);
}

}  // namespace natto
