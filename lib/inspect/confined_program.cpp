#include "inspect/confined_program.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace natto {
namespace {

constexpr uid_t kNobody = 65'534;
constexpr rlim_t kMostMemoryBytes = rlim_t{4} << 30U;
constexpr rlim_t kMostFileBytes = 1U << 20U;  // what it says on standard error

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

bool limit(int resource, rlim_t most) {
  const rlimit both{.rlim_cur = most, .rlim_max = most};
  return setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0;
}

/// Sockets are refused, of a ring as well; system calls of another architecture end the process.
bool forbid_sockets() {
  constexpr auto kLoad = BPF_LD | BPF_W | BPF_ABS;
  constexpr auto kIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
  constexpr auto kIfAtLeast = BPF_JMP | BPF_JGE | BPF_K;
  constexpr auto kReturn = BPF_RET | BPF_K;
  constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EACCES;
  constexpr std::uint32_t kX32 = 0x40000000;  // the same system calls by other numbers
  std::array<sock_filter, 10> filter = {{
      {kLoad, 0, 0, offsetof(seccomp_data, arch)},
      {kIfEqual, 1, 0, kArchitecture},
      {kReturn, 0, 0, SECCOMP_RET_KILL_PROCESS},
      {kLoad, 0, 0, offsetof(seccomp_data, nr)},
      {kIfAtLeast, 4, 0, kX32},
      {kIfEqual, 3, 0, SYS_socket},
      {kIfEqual, 2, 0, SYS_socketpair},
      {kIfEqual, 1, 0, SYS_io_uring_setup},
      {kReturn, 0, 0, SECCOMP_RET_ALLOW},
      {kReturn, 0, 0, kRefuse},
  }};
  const sock_fprog program{.len = filter.size(), .filter = filter.data()};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

bool confine() {
  if (geteuid() == 0) {
    // Where even root gets no network namespace, as in most containers, it has no sockets all the
    // same.
    static_cast<void>(unshare(CLONE_NEWNET));
    if (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
        setresuid(kNobody, kNobody, kNobody) != 0) {
      return false;
    }
  } else {
    static_cast<void>(unshare(CLONE_NEWUSER | CLONE_NEWNET));
  }
  return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         limit(RLIMIT_AS, kMostMemoryBytes) && limit(RLIMIT_CORE, 0) &&
         limit(RLIMIT_FSIZE, kMostFileBytes) && chdir("/") == 0 && forbid_sockets();
}

[[noreturn]] void become(char* const* words, char* const* environment, int in, int out,
                         int errors) {
  if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
      dup2(errors, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0U, 0) != 0) {
    _exit(kNotConfined);
  }
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_IGN);  // too much on standard error is no reason to end
  if (!confine()) {
    _exit(kNotConfined);
  }
  execvpe(words[0], words, environment);
  _exit(kNoProgram);
}

}  // namespace

Result<int> start_confined(const std::vector<std::string>& words, int in, int out, int errors) {
  const char* path = std::getenv("PATH");
  std::array<std::string, 3> settings = {
      fmt::format("PATH={}", path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path),
      "HOME=/nonexistent", "LC_ALL=C.UTF-8"};
  std::array<char*, 4> environment{settings[0].data(), settings[1].data(), settings[2].data()};
  std::vector<char*> arguments;
  for (const std::string& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: what execvpe takes
  }
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    return system_error(fmt::format("cannot start {}: {}", words[0], std::strerror(errno)));
  }
  if (child == 0) {
    become(arguments.data(), environment.data(), in, out, errors);
  }
  return child;
}

}  // namespace natto
