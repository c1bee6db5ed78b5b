#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace natto {

/// Starts a program that reads what strangers sent, with these three descriptors and no other: as
/// nobody where this process is root, without new rights, sockets, a network, core dumps and large
/// files, with so much memory, in "/". It ends when this process ends. Call it while there is one
/// thread. Returns the process; a program that is not there exits with kNoProgram, one that cannot
/// be confined with kNotConfined.
[[nodiscard]] Result<int> start_confined(const std::vector<std::string>& words, int in, int out,
                                         int errors);

inline constexpr int kNoProgram = 127;
inline constexpr int kNotConfined = 126;

}  // namespace natto
