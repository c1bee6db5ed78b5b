#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "captures/capture_file.hpp"
#include "captures/temporary_file.hpp"
#include "own_frames.hpp"

namespace natto {

/// A capture of a realm, as net_pcap is to read it: Ethernet frames, without those that natto
/// itself had sent, and of a capture that natto made without those of other realms. The file as it
/// is where that is possible, else a copy in a temporary file.
class ReplayInput {
 public:
  /// `own` learns from the file; `station` is where frames go whose Ethernet header is made up.
  [[nodiscard]] static Result<ReplayInput> open(const std::filesystem::path& file, OwnFrames own,
                                                const std::string& realm,
                                                MacAddress station = kMadeUpStation);

  /// For DPDK.
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  [[nodiscard]] CaptureFormat format() const noexcept { return format_; }
  [[nodiscard]] std::uint64_t packets() const noexcept { return times_ns_.size(); }
  /// Frames that natto had sent, or that came from other realms.
  [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }
  /// Where the capture is cut; empty if it is whole.
  [[nodiscard]] const std::string& warning() const noexcept { return warning_; }

  /// Of a packet, counted from 0: when it came, in nanoseconds since 1970, and what was noted of
  /// it.
  [[nodiscard]] std::uint64_t time_ns(std::uint64_t packet) const { return times_ns_[packet]; }
  [[nodiscard]] const std::vector<std::string>& comments(std::uint64_t packet) const;

 private:
  explicit ReplayInput(std::string realm) : realm_(std::move(realm)) {}
  [[nodiscard]] bool leaves_out(const CapturedFrame& frame, const OwnFrames& own) const;
  [[nodiscard]] Status copy(const CaptureFile& from, const OwnFrames& own);

  std::string realm_;
  std::filesystem::path file_;
  CaptureFormat format_ = CaptureFormat::kPcap;
  std::unique_ptr<const TemporaryFile> temporary_;
  std::shared_ptr<const CaptureFile> capture_;  ///< owns what file_ may be
  std::uint64_t left_out_ = 0;
  std::string warning_;
  std::vector<std::uint64_t> times_ns_;
  std::unordered_map<std::uint64_t, std::vector<std::string>> comments_;
};

}  // namespace natto
