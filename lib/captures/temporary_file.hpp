#pragma once

#include <filesystem>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto {

/// A file in the folder for temporary ones. It has no name there: it goes with this object, however
/// the process ends.
class TemporaryFile {
 public:
  [[nodiscard]] static Result<TemporaryFile> create();

  /// By which this process, and none else, can open it any number of times.
  [[nodiscard]] std::filesystem::path path() const;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

 private:
  explicit TemporaryFile(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  Descriptor descriptor_;
};

}  // namespace natto
