#include "child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/descriptor.hpp"
#include "base/write_all.hpp"

extern "C" char** environ;

namespace natto {
namespace {

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return system_error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t count = 0; (count = read(descriptor, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

Result<ChildOutput> run_child(std::vector<std::string> words, std::string_view input) {
  Result<Pipe> to = make_pipe();
  Result<Pipe> from = make_pipe();
  if (!to || !from) {
    return to ? from.error() : to.error();
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to->read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from->write.get(), STDOUT_FILENO);
  std::vector<char*> arguments;
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return system_error(fmt::format("cannot start {}: {}\n  install openssh-client", words[0],
                                    std::strerror(error)));
  }
  to->read = Descriptor();
  from->write = Descriptor();
  signal(SIGPIPE, SIG_IGN);  // who does not read to the end says so by its exit status
  std::thread writer([&to, input] {
    static_cast<void>(write_all(to->write.get(), input));  // the exit status says why not
    to->write = Descriptor();
  });
  ChildOutput output{.status = -1, .text = read_all(from->read.get())};
  writer.join();
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) {
    output.status = WEXITSTATUS(status);
  }
  return output;
}

}  // namespace natto
