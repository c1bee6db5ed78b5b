#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.hpp"
#include "own_frames.hpp"

namespace natto {

/// A capture of a realm, as natto is to receive it: Ethernet frames, without those that natto
/// itself had sent. The file as it is, or where it has others too, a copy in a temporary file.
class ReplayInput {
 public:
  /// `own` learns from the file.
  [[nodiscard]] static Result<ReplayInput> open(const std::filesystem::path& file, OwnFrames own);

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
  /// Frames that natto had sent.
  [[nodiscard]] std::uint64_t left_out() const noexcept { return left_out_; }

 private:
  /// Removes the file when its owner goes.
  struct Remove {
    void operator()(const std::filesystem::path* file) const noexcept;
  };
  using Temporary = std::unique_ptr<const std::filesystem::path, Remove>;

  explicit ReplayInput(std::filesystem::path file) : file_(std::move(file)) {}
  [[nodiscard]] Status copy(const std::filesystem::path& from, const OwnFrames& own);

  std::filesystem::path file_;
  Temporary temporary_;
  std::uint64_t packets_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace natto
