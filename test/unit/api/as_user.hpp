#pragma once

#include <grp.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

namespace natto::test {

/// What `work` returns in a child process that is `user`, a member of `groups` alone. Only as root.
inline std::string as_user(uid_t user, const std::vector<gid_t>& groups,
                           const std::function<std::string()>& work) {
  int ends[2] = {};
  if (pipe(ends) != 0) {
    return "no pipe";
  }
  const pid_t child = fork();
  if (child == 0) {
    const bool changed =
        setgroups(groups.size(), groups.data()) == 0 && setgid(user) == 0 && setuid(user) == 0;
    const std::string text = changed ? work() : "cannot become another user";
    static_cast<void>(!write(ends[1], text.data(), text.size()));
    _exit(0);
  }
  close(ends[1]);
  std::string text(65'536, '\0');
  std::size_t length = 0;
  ssize_t count = 0;
  while ((count = read(ends[0], text.data() + length, text.size() - length)) > 0) {
    length += static_cast<std::size_t>(count);
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  text.resize(length);
  return text;
}

}  // namespace natto::test
