#pragma once

#include <cstdint>
#include <string>

#include "audit/chain.hpp"
#include "audit/event.hpp"

namespace natto {

/// What is at the end of a file that natto did not write to its end.
struct BrokenTail {
  std::uint64_t bytes = 0;
  std::string sha256;
};

// A line of the audit after `newest`, without its line feed. Any thread that may wait: it asks for
// names of users.

/// `missing`: events before it that found no room.
[[nodiscard]] std::string event_line(const AuditEvent& event, const ChainPosition& newest,
                                     std::uint64_t missing = 0);
[[nodiscard]] std::string broken_tail_line(const BrokenTail& tail, const ChainPosition& newest,
                                           WallTime now);
/// `before` is the newest line of the other file.
[[nodiscard]] std::string new_file_line(const ChainPosition& before, const ChainPosition& newest,
                                        WallTime now);

}  // namespace natto
