#include "child.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>
#include <utility>

#include "base/program.hpp"
#include "base/write_all.hpp"

namespace natto {
namespace {

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
  const std::string program = words[0];
  const StartedProgram started =
      start_program(std::move(words), {to->read.get(), from->write.get(), STDERR_FILENO});
  if (started.error != 0) {
    return system_error(fmt::format("cannot start {}: {}\n  install openssh-client", program,
                                    std::strerror(started.error)));
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
  if (const int status = wait_for(started.process); WIFEXITED(status)) {
    output.status = WEXITSTATUS(status);
  }
  return output;
}

}  // namespace natto
