#pragma once

// Other programs: starting them, waiting for their end, and pipes to them.

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto {

struct Pipe {
  Descriptor read;
  Descriptor write;
};

/// No other program inherits its ends. Any thread.
[[nodiscard]] Result<Pipe> make_pipe();

/// What becomes a program's standard input, output and error.
struct Streams {
  int input;
  int output;
  int errors;
};

struct StartedProgram {
  pid_t process = 0;
  int error = 0;  ///< an errno value: why it could not be started
};

/// Starts `words[0]`, found as a shell does, with the other words as its arguments. Any thread.
[[nodiscard]] StartedProgram start_program(std::vector<std::string> words, const Streams& streams);

/// Waits until it has ended; returns what waitpid(2) stores.
[[nodiscard]] int wait_for(pid_t process);
/// It has ended by itself, with status 0.
[[nodiscard]] bool ended_well(int wait_status);

}  // namespace natto
