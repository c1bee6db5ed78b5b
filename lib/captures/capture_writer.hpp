#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "captures/capture_format.hpp"
#include "captures/pcapng_block.hpp"

namespace natto {

/// Writes a capture of Ethernet frames, in any of the formats that are read.
class CaptureWriter {
 public:
  /// Replaces what `file` held. `interface` is its name in pcapng.
  [[nodiscard]] static Result<CaptureWriter> create(const std::filesystem::path& file,
                                                    CaptureFormat format,
                                                    const std::string& interface);

  /// A frame of `length` bytes, of which `bytes` were captured, `time_ns` after 1970. pcap has no
  /// comments.
  void write(std::uint64_t time_ns, std::span<const std::uint8_t> bytes, std::uint32_t length,
             std::span<const std::string> comments);

  /// Whether all of it is in the file.
  [[nodiscard]] Status finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    void operator()(pcap_dumper_t* dumper) const noexcept { pcap_dump_close(dumper); }
  };

  explicit CaptureWriter(const std::filesystem::path& file, CaptureFormat format)
      : file_(file), format_(format) {}
  void write_block(PcapngBlock block);

  std::filesystem::path file_;
  CaptureFormat format_;
  std::unique_ptr<pcap_dumper_t, Close> pcap_;
  std::unique_ptr<std::FILE, Close> pcapng_;
};

}  // namespace natto
