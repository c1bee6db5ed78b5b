#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "capture.hpp"
#include "own_frames.hpp"

namespace natto {

/// A capture of a realm, as natto is to receive it: Ethernet frames, without those that natto
/// itself had sent, and of a capture that natto made without those of other realms. The file as it
/// is, or where it has others too, a copy in a temporary file.
class ReplayInput {
 public:
  /// `own` learns from the file.
  [[nodiscard]] static Result<ReplayInput> open(const std::filesystem::path& file, OwnFrames own,
                                                const std::string& realm);

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
  /// Frames that natto had sent, or that came from other realms.
  [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }

 private:
  /// Removes the file when its owner goes.
  struct Remove {
    void operator()(const std::filesystem::path* file) const noexcept;
  };
  using Temporary = std::unique_ptr<const std::filesystem::path, Remove>;

  ReplayInput(std::filesystem::path file, std::string realm)
      : file_(std::move(file)), realm_(std::move(realm)) {}
  [[nodiscard]] bool leaves_out(const CapturedFrame& frame, const OwnFrames& own) const;
  [[nodiscard]] Status copy(const std::filesystem::path& from, const OwnFrames& own);

  std::filesystem::path file_;
  std::string realm_;
  Temporary temporary_;
  std::uint64_t packets_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace natto
