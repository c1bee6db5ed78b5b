#include "proof/child_program.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/program.hpp"
#include "base/write_all.hpp"

namespace natto::proof {
namespace {

constexpr std::size_t kLongestComplaint = 2000;

/// Files that nobody else can open: a program reads its input at leisure.
Descriptor memory_file(const std::string& content) {
  Descriptor file(memfd_create("natto", MFD_CLOEXEC));
  const bool made = file && write_all(file.get(), content) && lseek(file.get(), 0, SEEK_SET) == 0;
  return made ? std::move(file) : Descriptor();
}

std::string content_of(const Descriptor& file) {
  std::string text(kLongestComplaint, '\0');
  const ssize_t size = pread(file.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  return text;
}

}  // namespace

Status run_program(const LoaderStep& step) {
  const Descriptor input = memory_file(step.input);
  const Descriptor output = memory_file("");
  if (!input || !output) {
    return system_error(fmt::format("cannot make a file in memory: {}", std::strerror(errno)));
  }
  const StartedProgram started =
      start_program(step.words, {input.get(), output.get(), output.get()});
  if (started.error == ENOENT) {
    return input_error(
        fmt::format("there is no {}: install the package that has it", step.words[0]));
  }
  if (started.error != 0) {
    return system_error(
        fmt::format("cannot start {}: {}", step.words[0], std::strerror(started.error)));
  }
  if (ended_well(wait_for(started.process))) {
    return Done{};
  }
  return input_error(fmt::format("{} failed:\n{}", step.words[0], content_of(output)));
}

}  // namespace natto::proof
