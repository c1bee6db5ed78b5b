#pragma once

#include <cstdint>
#include <vector>

#include "signature/wire.hpp"

namespace natto::ssh {

enum class Hash { kSha256, kSha384, kSha512 };

/// By libcrypto; empty if it has no memory.
[[nodiscard]] std::vector<std::uint8_t> digest(Hash hash, ByteView bytes);

}  // namespace natto::ssh
