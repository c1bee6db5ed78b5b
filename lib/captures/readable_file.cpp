#include "captures/readable_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include "base/program.hpp"
#include "base/write_all.hpp"

namespace natto {
namespace {

/// A way to compress files, and Debian's program for it.
struct Compression {
  std::string_view magic;  ///< the first bytes of such a file
  const char* program;
  const char* package;
  std::string_view cut;  ///< what the program says of a file that ends too early
};

constexpr std::array kCompressions = {
    Compression{"\x1f\x8b", "gzip", "gzip", "unexpected end of file"},
    Compression{"\x28\xb5\x2f\xfd", "zstd", "zstd", "premature"},
    Compression{std::string_view("\xfd\x37zXZ\0", 6), "xz", "xz-utils", "Unexpected end of input"},
    Compression{"\x04\x22\x4d\x18", "lz4", "lz4", "Unfinished stream"},
};

const Compression* compression_of(const std::filesystem::path& file) {
  std::array<char, 8> bytes{};
  const Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t got = opened ? pread(opened.get(), bytes.data(), bytes.size(), 0) : 0;
  const std::string_view start(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  const auto* found = std::ranges::find_if(
      kCompressions, [&](const Compression& one) { return start.starts_with(one.magic); });
  return found == kCompressions.end() ? nullptr : found;
}

/// How a program ended that reads `in` and writes `out`, and what it said on standard error.
struct Ended {
  int error = 0;  ///< of starting it
  bool well = false;
  std::string said = {};
};

Ended run_filter(const char* program, int in, int out, const TemporaryFile& errors) {
  const StartedProgram started = start_program({program, "-dc"}, {in, out, errors.descriptor()});
  if (started.error != 0) {
    return {.error = started.error};
  }
  Ended ended{.well = ended_well(wait_for(started.process))};
  std::array<char, 512> text{};
  const ssize_t got = pread(errors.descriptor(), text.data(), text.size(), 0);
  ended.said.assign(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  std::ranges::replace(ended.said, '\n', ' ');
  ended.said.erase(ended.said.find_last_not_of(' ') + 1);
  return ended;
}

Status copy_all(int from, int to) {
  std::array<char, 1U << 16U> bytes{};
  for (;;) {
    const ssize_t got = read(from, bytes.data(), bytes.size());
    if (got == 0) {
      return Done{};
    }
    if (got < 0 && errno != EINTR) {
      return input_error(fmt::format("cannot read: {}", std::strerror(errno)));
    }
    if (!write_all(to, {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))})) {
      return system_error(
          fmt::format("cannot write a temporary file: {}\nSet TMPDIR to a folder "
                      "with more room.",
                      std::strerror(errno)));
    }
  }
}

}  // namespace

ReadableFile::ReadableFile(const std::filesystem::path& named)
    : path_(named), name_(named == "-" ? "standard input" : named.string()) {}

Result<ReadableFile> ReadableFile::open(const std::filesystem::path& named) {
  ReadableFile file(named);
  if (named == "-" && isatty(STDIN_FILENO) != 0) {
    return input_error("standard input is a terminal: let a program write the capture to it");
  }
  const Descriptor opened(named == "-" ? dup(STDIN_FILENO)
                                       : ::open(named.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!opened || fstat(opened.get(), &status) != 0) {
    return input_error(fmt::format("cannot read {}: {}", file.name_, std::strerror(errno)));
  }
  if (S_ISDIR(status.st_mode)) {
    return input_error(fmt::format("cannot read {}: it is a folder", file.name_));
  }
  if (named == "-" || !S_ISREG(status.st_mode)) {
    if (const Status spooled = file.spool(opened.get()); !spooled) {
      return spooled.error();
    }
  }
  std::error_code ignored;
  if (std::filesystem::file_size(file.path_, ignored) == 0) {
    return input_error(fmt::format("{} is empty: it holds no capture", file.name_));
  }
  const Status uncompressed = file.uncompress();
  return uncompressed ? Result<ReadableFile>(std::move(file)) : uncompressed.error();
}

Status ReadableFile::spool(int from) {
  Result<TemporaryFile> made = TemporaryFile::create();
  if (!made) {
    return made.error();
  }
  if (const Status copied = copy_all(from, made->descriptor()); !copied) {
    Error error = copied.error();
    error.message = name_ + ": " + error.message;
    return error;
  }
  path_ = made->path();
  temporary_ = std::make_shared<const TemporaryFile>(*std::move(made));
  return Done{};
}

Status ReadableFile::uncompress() {
  const Compression* way = compression_of(path_);
  if (way == nullptr) {
    return Done{};
  }
  Result<TemporaryFile> made = TemporaryFile::create();
  const Result<TemporaryFile> errors = TemporaryFile::create();
  if (!made || !errors) {
    return !made ? made.error() : errors.error();
  }
  const Descriptor in(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  const Ended ended = run_filter(way->program, in.get(), made->descriptor(), *errors);
  if (ended.error != 0) {
    return system_error(
        fmt::format("{} is compressed, and {} cannot be run: {}\nInstall Debian's "
                    "package {}.",
                    name_, way->program, std::strerror(ended.error), way->package));
  }
  if (!ended.well) {
    if (ended.said.find(way->cut) == std::string::npos) {
      return input_error(fmt::format("cannot uncompress {}: {}", name_, ended.said));
    }
    cut_ = ended.said;
  }
  path_ = made->path();
  temporary_ = std::make_shared<const TemporaryFile>(*std::move(made));
  return Done{};
}

}  // namespace natto
