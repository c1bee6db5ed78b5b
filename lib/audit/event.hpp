#pragma once

// What the audit has a line for.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/actor.hpp"
#include "base/utc.hpp"

namespace natto {

// X(enumerator, name, meaning). To add a kind of event: add a line here, record() it where it
// happens, and run scripts/docs.
// clang-format off
#define NATTO_AUDIT_EVENTS(X)                                                                      \
  X(kStart, "start", "natto has started, with this table")                                         \
  X(kStop, "stop", "natto ends, as it was told to")                                                \
  X(kReload, "reload", "a table was loaded; without `changes` it says what the one before said")   \
  X(kRollback, "rollback", "the table before is in force again")                                   \
  X(kRefused, "refused", "a table, or natto.toml, is wrong: nothing changed")                      \
  X(kBrokenTail, "broken_tail", "before this line is one that was not written to its end, by a "   \
    "crash or on a full disk: `bytes` and `sha256` name what there is of it")                      \
  X(kNewFile, "new_file", "the file before was moved or removed while natto ran; its last line is " \
    "named by `last_sequence` and `last_sha256`")
// clang-format on

enum class AuditKind : std::uint8_t {
#define X(kind, ...) kind,
  NATTO_AUDIT_EVENTS(X)
#undef X
};

struct AuditKindInfo {
  std::string_view name;
  std::string_view meaning;
};

inline constexpr std::array kAuditKinds = {
#define X(kind, name, meaning) AuditKindInfo{name, meaning},
    NATTO_AUDIT_EVENTS(X)
#undef X
};

[[nodiscard]] constexpr const AuditKindInfo& info(AuditKind kind) {
  return kAuditKinds[static_cast<std::size_t>(kind)];
}

/// Someone's signature of a table, once it was found good.
struct TableSignature {
  std::string party;
  std::string key;  ///< its fingerprint, as ssh-keygen -l has it
};

/// The table in force afterwards, and how it differs from the one before.
struct TableChange {
  std::uint64_t version = 0;
  std::size_t mappings = 0;
  std::string digest_before = {};  ///< empty at start
  std::string digest_after = {};
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;
  std::size_t policy_changes = 0;
  std::string differences = {};                 ///< a line each, as `natto reload` prints them
  std::uint64_t serial = 0;                     ///< of the table in force afterwards; 0: none
  std::vector<TableSignature> signatures = {};  ///< of the table in force afterwards
  bool confirmed = false;  ///< it took more away than [table] max_removed, as it was told to
};

struct AuditEvent {
  AuditKind kind;
  WallTime time;
  std::string trigger = {};  ///< "natto reload", "file changed", "SIGHUP", …
  Actor by = {};
  std::optional<TableChange> table = std::nullopt;
  std::string error = {};  ///< why it was refused; at start: why the table's file is. A line each
};

/// Differences, and errors, that a line has; the rest is counted.
inline constexpr std::size_t kMostAuditedLines = 100;

}  // namespace natto
