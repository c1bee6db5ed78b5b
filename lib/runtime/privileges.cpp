#include "runtime/privileges.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace natto {
namespace {

constexpr const char* kThreads = "/proc/self/task";
constexpr std::chrono::seconds kAnswerWithin(10);
constexpr std::chrono::milliseconds kBetweenLooks(1);

/// Written before the first signal that asks for it.
Capabilities kept_by_all = 0;

/// Takes from the thread that calls it. Async-signal-safe.
int take_from_this_thread() noexcept {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, sets) != 0) {
    return errno;
  }
  Capabilities kept = kept_by_all;
  for (__user_cap_data_struct& set : sets) {
    const auto half = static_cast<std::uint32_t>(kept);
    set.effective &= half;
    set.permitted &= half;
    set.inheritable &= half;
    kept >>= 32;
  }
  return syscall(SYS_capset, &header, sets) != 0 ? errno : 0;
}

void on_signal(int /*signal*/) noexcept {
  const int error = errno;
  static_cast<void>(take_from_this_thread());  // main looks whether it did
  errno = error;
}

/// Of /proc/self/task/ID/status.
struct Thread {
  pid_t id = 0;
  std::string name;
  Capabilities permitted = 0;
};

/// `error`: why they are not known.
std::vector<Thread> threads_with_more_than(Capabilities kept, std::error_code& error) {
  std::vector<Thread> found;
  for (const auto& entry : std::filesystem::directory_iterator(kThreads, error)) {
    std::ifstream status(entry.path() / "status");  // a thread that ends meanwhile has none
    Thread thread;
    thread.id = std::atoi(entry.path().filename().c_str());
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("Name:\t")) {
        thread.name = line.substr(std::strlen("Name:\t"));
      } else if (line.starts_with("CapPrm:")) {
        thread.permitted = std::strtoull(line.c_str() + std::strlen("CapPrm:"), nullptr, 16);
      }
    }
    if ((thread.permitted & ~kept) != 0) {
      found.push_back(std::move(thread));
    }
  }
  return found;
}

Error refusal(std::string_view what, int error) {
  return system_error(fmt::format("cannot {}: {}", what, std::strerror(error)));
}

}  // namespace

Status gain_nothing_and_show_nothing() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return refusal("set no_new_privs", errno);
  }
  // The limit keeps the kernel from writing a file. A program that the kernel hands dumps to
  // (core_pattern) gets them all the same, without any memory.
  const rlimit none{};
  if (setrlimit(RLIMIT_CORE, &none) != 0) {
    return refusal("switch core dumps off", errno);
  }
  constexpr const char* kFilter = "/proc/self/coredump_filter";
  std::error_code error;
  if (!std::filesystem::exists(kFilter, error)) {
    return Done{};  // a kernel without core dumps
  }
  std::ofstream filter(kFilter);
  if (!(filter << "0" << std::flush)) {
    return refusal(fmt::format("keep memory out of core dumps, by {}", kFilter), errno);
  }
  return Done{};
}

Status keep_capabilities(Capabilities kept) {
  kept_by_all = kept;
  if (const int error = take_from_this_thread(); error != 0) {
    return refusal("give up capabilities", error);
  }
  const int request = SIGRTMAX;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(request, &action, nullptr);
  // A thread that has not given them up yet may have made another meanwhile: until there is none.
  const auto deadline = std::chrono::steady_clock::now() + kAnswerWithin;
  std::error_code unknown;
  std::vector<Thread> left = threads_with_more_than(kept, unknown);
  while (!left.empty() && std::chrono::steady_clock::now() < deadline) {
    for (const Thread& thread : left) {
      syscall(SYS_tgkill, getpid(), thread.id, request);
    }
    std::this_thread::sleep_for(kBetweenLooks);
    left = threads_with_more_than(kept, unknown);
  }
  action.sa_handler = SIG_IGN;
  sigaction(request, &action, nullptr);
  if (unknown) {
    return refusal(fmt::format("look at threads in {}", kThreads), unknown.value());
  }
  if (!left.empty()) {
    return system_error(fmt::format("thread {} ({}) does not give up its capabilities",
                                    left.front().id, left.front().name));
  }
  return Done{};
}

}  // namespace natto
