#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "fuzz/check.hpp"

namespace natto::fuzz {

/// A file in memory that loaders can open by its path.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::span<const std::uint8_t> content)
      : descriptor_(memfd_create("natto-fuzz", 0)) {
    FUZZ_CHECK(descriptor_ >= 0);
    FUZZ_CHECK(write(descriptor_, content.data(), content.size()) ==
               static_cast<ssize_t>(content.size()));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { close(descriptor_); }

  [[nodiscard]] std::filesystem::path path() const {
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

 private:
  int descriptor_;
};

}  // namespace natto::fuzz
