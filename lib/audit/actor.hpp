#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/utc.hpp"

namespace natto {

/// Who had natto do something, as far as that is known.
struct Actor {
  enum class Kind : std::uint8_t {
    kItself,  ///< whoever started natto: natto's own process
    kClient,  ///< of natto's socket, by SO_PEERCRED
    kSignal,  ///< the sender of a signal
    kFile,    ///< the owner of a file that was written, who need not be who wrote it
  };
  Kind kind = Kind::kItself;
  uid_t user = 0;
  pid_t process = 0;                               ///< 0: none, or of another pid namespace
  std::string program = {};                        ///< of the process; empty: not seen
  std::optional<uid_t> login_user = std::nullopt;  ///< of the process; none: not seen
  std::string claimed_sudo_user = {};  ///< SUDO_USER, as the client or natto's environment has it
  std::string file = {};               ///< of kFile: its path
  WallTime modified = {};              ///< of kFile
};

/// SUDO_USER of this process; empty if it has none.
[[nodiscard]] std::string sudo_user();

/// Natto itself. Any thread.
[[nodiscard]] Actor this_process();

/// Whoever sent a signal. Any thread that may wait.
[[nodiscard]] Actor sender(uid_t user, pid_t process);

/// The owner of `file` as it is now. None if there is no such file.
[[nodiscard]] std::optional<Actor> owner_of(const std::string& file);

}  // namespace natto
