#include "base/process_facts.hpp"

#include <fmt/format.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <vector>

namespace natto {

std::string read_proc(pid_t process, const char* file) {
  std::ifstream stream(fmt::format("/proc/{}/{}", process, file));
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string program_of(pid_t process) {
  std::string program = read_proc(process, "comm");
  std::erase(program, '\n');
  // Any process may call itself what it likes.
  std::ranges::replace_if(
      program, [](char c) { return c < ' ' || c > '~'; }, '?');
  return program;
}

std::optional<uid_t> login_user_of(pid_t process) {
  const std::string text = read_proc(process, "loginuid");
  uid_t user = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), user);
  // All ones: not set, see audit_setloginuid(3).
  const bool known = read.ec == std::errc() && user != std::numeric_limits<uid_t>::max();
  return known ? std::optional(user) : std::nullopt;
}

std::string user_name(uid_t user) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16'384);
  getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return fmt::format("{} (uid {})", found != nullptr ? found->pw_name : "?", user);
}

}  // namespace natto
