#pragma once

// Captures, frame by frame.

#include <sys/time.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace natto {

struct CapturedFrame {
  std::uint64_t number;                 ///< counted from 1
  std::span<const std::uint8_t> bytes;  ///< an Ethernet frame, as much of it as was captured
  std::uint32_t length;                 ///< bytes that it had on the wire
  timeval time;
  bool outgoing;           ///< the capture says that the machine which made it had sent the frame
  std::string_view realm;  ///< natto made it: where the frame came from or leaves to; else empty
};

/// Calls `take` with each frame of a file (pcap or pcapng) until it returns true. A "cooked" one
/// (Linux, from every interface) gets an Ethernet header, with what is known. Returns how many were
/// read. Refuses files that cannot be read to their end, and other kinds of frames.
[[nodiscard]] Result<std::uint64_t> read_frames(
    const std::filesystem::path& file, const std::function<bool(const CapturedFrame&)>& take);

/// Frame `number` of such a file. Refuses one that was captured in part.
[[nodiscard]] Result<std::vector<std::uint8_t>> read_frame(const std::filesystem::path& file,
                                                           std::uint64_t number);

/// Whether the file's frames are cooked ones.
[[nodiscard]] bool is_cooked(const std::filesystem::path& file);

}  // namespace natto
