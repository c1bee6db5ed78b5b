#pragma once

// Where natto's socket lies: where [api] socket says, else /run/natto/natto.sock, or in a folder of
// the user's own where /run/natto is not theirs to write (labs).

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace natto::api {

inline constexpr const char* kServiceFolder = "/run/natto";
inline constexpr const char* kSocketName = "natto.sock";

/// $XDG_RUNTIME_DIR/natto, or /tmp/natto-UID.
[[nodiscard]] std::filesystem::path user_folder();

/// Where this process is to make its socket. Makes the folder that it chooses.
[[nodiscard]] Result<std::filesystem::path> choose_socket_path(
    const std::optional<std::filesystem::path>& configured,
    const std::vector<std::filesystem::path>& folders);

/// Whether `folder` belongs to this user, and nobody else may write there.
[[nodiscard]] bool is_own_folder(const std::filesystem::path& folder);

/// Where sockets are looked for, and one is made in the first that can be written.
[[nodiscard]] std::vector<std::filesystem::path> default_folders();

/// The sockets (*.sock) in `folders`, of running nattos or not, by name.
[[nodiscard]] std::vector<std::filesystem::path> find_sockets(
    const std::vector<std::filesystem::path>& folders);

}  // namespace natto::api
