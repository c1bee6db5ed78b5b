#pragma once

// What natto gives up, so that whoever takes it over by a packet gets little. No DPDK, no libcap: a
// thread's capabilities are its own, and DPDK makes threads before natto can do without them.

#include <cstdint>

#include "base/result.hpp"

namespace natto {

/// Capabilities of capabilities(7), a bit each.
using Capabilities = std::uint64_t;

/// The capability of this number, CAP_NET_ADMIN for one.
[[nodiscard]] constexpr Capabilities capability(unsigned number) noexcept {
  return Capabilities{1} << number;
}

/// From now on neither this process nor a program that it executes gains a right by executing
/// (no_new_privs), and no core dump shows its memory, where packets are. Main thread, before there
/// are others.
[[nodiscard]] Status gain_nothing_and_show_nothing();

/// Takes all capabilities but `kept` from every thread of this process, for good; threads made
/// later inherit that. A thread that blocks the signal which asks it, or has none of ten seconds to
/// spare, is an error. Main thread, once.
[[nodiscard]] Status keep_capabilities(Capabilities kept);

}  // namespace natto
