#include "ssh.hpp"

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

std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return word + "'";
}

Result<std::string> run_by_ssh(const std::string& destination, const std::string& command,
                               std::string_view input) {
  Result<Pipe> to = make_pipe();
  Result<Pipe> from = make_pipe();
  if (!to || !from) {
    return to ? from.error() : to.error();
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to->read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from->write.get(), STDOUT_FILENO);
  std::array<std::string, 7> words = {"ssh", "-oBatchMode=yes", "-oConnectTimeout=5",
                                      "--",  destination,       command};
  std::array<char*, 7> arguments{};
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    arguments[i] = words[i].data();
  }
  pid_t child = 0;
  const int error = posix_spawnp(&child, "ssh", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return system_error(
        fmt::format("cannot start ssh: {}\n  install openssh-client", std::strerror(error)));
  }
  to->read = Descriptor();
  from->write = Descriptor();
  signal(SIGPIPE, SIG_IGN);  // who does not read to the end says so by its exit status
  std::thread writer([&to, input] {
    static_cast<void>(write_all(to->write.get(), input));  // the exit status says why not
    to->write = Descriptor();
  });
  std::string output = read_all(from->read.get());
  writer.join();
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return system_error(fmt::format("{}: {} {}", destination, command,
                                    WIFEXITED(status) && WEXITSTATUS(status) == 255
                                        ? "was not run: ssh does not get there"
                                        : "failed"));
  }
  return output;
}

}  // namespace natto
