#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "packet/verdict.hpp"

namespace natto {

/// Whether a packet with these options of its IPv4 header may pass (R23, H7 of
/// doc/rfc-compliance.md). `record_route`: so may those with a record route or timestamp.
[[nodiscard]] Verdict check_options(std::span<const std::uint8_t> options,
                                    bool record_route) noexcept;

/// One step of it: looks at the option `at`, which begins within `options`. If it may pass, `at`
/// is where the next one begins, at most at the end; else it stays.
[[nodiscard]] Verdict check_option(std::span<const std::uint8_t> options, bool record_route,
                                   std::size_t& at) noexcept;

}  // namespace natto
