#pragma once

// What /proc says of a process, and the user database of users. Any thread that may wait.

#include <sys/types.h>

#include <optional>
#include <string>

namespace natto {

/// The content of /proc/PROCESS/FILE; empty if it cannot be read.
[[nodiscard]] std::string read_proc(pid_t process, const char* file);

/// The process's name in printable ASCII, since others' terminals show it; empty if it is not seen.
[[nodiscard]] std::string program_of(pid_t process);

/// Who logged in, whatever user the process has become since (sudo, su): the kernel's word. None if
/// nobody did, as for a service, or it is not seen.
[[nodiscard]] std::optional<uid_t> login_user_of(pid_t process);

/// "root (uid 0)".
[[nodiscard]] std::string user_name(uid_t user);

}  // namespace natto
