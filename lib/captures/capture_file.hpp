#pragma once

// Captures as people have them: pcap and pcapng, of Ethernet or what can become it, from files,
// pipes and compressed files, read frame by frame. A capture that ends within a packet, as of a
// tcpdump that was killed, is read up to there.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "captures/capture_format.hpp"
#include "captures/link_layer.hpp"
#include "captures/readable_file.hpp"

namespace natto {

struct CapturedFrame {
  std::uint64_t number;                 ///< in the file, counted from 1
  std::span<const std::uint8_t> bytes;  ///< an Ethernet frame, as much of it as was captured
  std::uint32_t length;                 ///< bytes that it had on the wire
  std::uint64_t time_ns;                ///< since 1970
  bool outgoing;           ///< the capture says that the machine which made it had sent the frame
  std::string_view realm;  ///< natto made it: where the frame came from or leaves to; else empty
  std::span<const std::string_view> comments;
};

/// What a reading came to.
struct CaptureEnd {
  std::uint64_t packets = 0;  ///< of the file; the last number
  std::string warning = {};   ///< where the capture is cut; empty if it is whole
};

class CaptureFile {
 public:
  /// "-" is standard input; "FILE#eth0" are the packets of one interface of a pcapng, by its name
  /// or its number from 0. `station` is where frames go whose Ethernet header is made up. What
  /// comes from a pipe is read to its end here.
  [[nodiscard]] static Result<CaptureFile> open(const std::filesystem::path& named,
                                                MacAddress station = kMadeUpStation);

  /// Calls `take` with each frame from the start until it returns true. Refuses damaged captures,
  /// and links that cannot become Ethernet.
  [[nodiscard]] Result<CaptureEnd> read(
      const std::function<bool(const CapturedFrame&)>& take) const;

  [[nodiscard]] CaptureFormat format() const noexcept { return format_; }
  /// Where the capture lies, as libpcap reads it, and that libpcap gives the very same frames.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }
  [[nodiscard]] bool is_plain() const noexcept { return plain_; }
  /// For messages.
  [[nodiscard]] const std::string& name() const noexcept { return file_.name(); }

 private:
  CaptureFile(ReadableFile file, std::optional<std::string> interface, MacAddress station)
      : file_(std::move(file)), interface_(std::move(interface)), station_(station) {}
  [[nodiscard]] Status look();
  [[nodiscard]] Result<CaptureEnd> read_pcap(
      const std::function<bool(const CapturedFrame&)>& take) const;
  [[nodiscard]] Result<CaptureEnd> read_pcapng(
      const std::function<bool(const CapturedFrame&)>& take) const;
  [[nodiscard]] Error damaged(std::uint64_t packets, const std::string& how) const;
  [[nodiscard]] CaptureEnd cut_after(std::uint64_t packets) const;

  ReadableFile file_;
  std::optional<std::string> interface_;  ///< the only one that is wanted
  MacAddress station_;
  CaptureFormat format_ = CaptureFormat::kPcap;
  bool plain_ = false;
};

/// Frame `number` of a capture, which may not have been captured in part.
[[nodiscard]] Result<std::vector<std::uint8_t>> read_frame(const std::filesystem::path& named,
                                                           std::uint64_t number);

}  // namespace natto
