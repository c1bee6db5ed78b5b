#pragma once

#include <rte_hash_crc.h>

#include <cstdint>

#if defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace natto {

/// What rte_hash_crc_8byte(value, initial) is, without asking each time whether the CPU has the
/// instruction, where the build says that it has.
[[nodiscard]] inline std::uint32_t crc32c(std::uint64_t value, std::uint32_t initial = 0) noexcept {
#if defined(__SSE4_2__) && defined(__x86_64__)
  return static_cast<std::uint32_t>(__builtin_ia32_crc32di(initial, value));
#elif defined(__ARM_FEATURE_CRC32)
  return __crc32cd(initial, value);
#else
  return rte_hash_crc_8byte(value, initial);
#endif
}

}  // namespace natto
