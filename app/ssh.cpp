#include "ssh.hpp"

#include <fmt/format.h>

#include "child.hpp"

namespace natto {

std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return word + "'";
}

Result<std::string> run_by_ssh(const std::string& destination, const std::string& command,
                               std::string_view input) {
  constexpr int kNoConnection = 255;
  Result<ChildOutput> output = run_child(
      {"ssh", "-oBatchMode=yes", "-oConnectTimeout=5", "--", destination, command}, input);
  if (!output) {
    return output.error();
  }
  if (output->status != 0) {
    return system_error(fmt::format(
        "{}: {} {}", destination, command,
        output->status == kNoConnection ? "was not run: ssh does not get there" : "failed"));
  }
  return std::move(output->text);
}

}  // namespace natto
