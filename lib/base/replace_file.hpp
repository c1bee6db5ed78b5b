#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace natto {

/// `next`, which is open for writing as `descriptor`, gets `text` and becomes `file`: on the disk
/// when this returns. False: errno says why not, and `next` is gone, unless it is `file` already.
[[nodiscard]] bool put_in_place(int descriptor, std::string_view text,
                                const std::filesystem::path& next,
                                const std::filesystem::path& file);

/// `file` says `text`, with the owner (where the process may give it) and the rights of `like`, or
/// it is what it was before: also if the machine fails. No link is followed. May wait for the disk.
[[nodiscard]] Status replace_file(const std::filesystem::path& file, std::string_view text,
                                  const std::filesystem::path& like);

}  // namespace natto
