#include "audit/actor.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "base/process_facts.hpp"

namespace natto {

std::string sudo_user() {
  const char* name = std::getenv("SUDO_USER");
  return name == nullptr ? "" : name;
}

Actor this_process() {
  const pid_t process = getpid();
  return {.kind = Actor::Kind::kItself,
          .user = geteuid(),
          .process = process,
          .program = program_of(process),
          .login_user = login_user_of(process),
          .claimed_sudo_user = sudo_user()};
}

Actor sender(uid_t user, pid_t process) {
  return {.kind = Actor::Kind::kSignal,
          .user = user,
          .process = process,
          .program = program_of(process),
          .login_user = login_user_of(process)};
}

std::optional<Actor> owner_of(const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) {
    return std::nullopt;
  }
  const auto since_epoch = std::chrono::seconds(status.st_mtim.tv_sec) +
                           std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return Actor{.kind = Actor::Kind::kFile,
               .user = status.st_uid,
               .file = file,
               .modified = WallTime(std::chrono::duration_cast<WallTime::duration>(since_epoch))};
}

}  // namespace natto
