#pragma once

// Keys and signatures that ssh-keygen makes, for the tests.

#include <filesystem>
#include <string>
#include <string_view>

#include "unit/config/files.hpp"

namespace natto::test {

/// Makes a key `name` in `folder`, and returns "TYPE KEY" as NAME.pub has it. `options`: of
/// ssh-keygen.
std::string make_key(const Folder& folder, std::string_view name,
                     std::string_view options = "-t ed25519");

/// The signature of `content` by the key `name` in `folder`.
std::string sign(const Folder& folder, std::string_view name, std::string_view content,
                 std::string_view signed_for = "natto-table");

}  // namespace natto::test
