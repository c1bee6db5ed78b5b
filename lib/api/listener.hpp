#pragma once

#include <filesystem>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto::api {

/// A socket that clients can connect to, in a place that belongs to this process alone while this
/// lives: a lock beside it (PATH.lock) says so, and the kernel frees that however natto ends.
class Listener {
 public:
  /// Takes the place of what a killed natto left there. An error of kind kInUse if another one
  /// has it: it names its process.
  [[nodiscard]] static Result<Listener> claim(const std::filesystem::path& path);

  Listener(Listener&& other) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  [[nodiscard]] int descriptor() const { return socket_.get(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  Listener(std::filesystem::path path, Descriptor lock, Descriptor socket)
      : path_(std::move(path)), lock_(std::move(lock)), socket_(std::move(socket)) {}

  std::filesystem::path path_;
  Descriptor lock_;
  Descriptor socket_;
};

}  // namespace natto::api
