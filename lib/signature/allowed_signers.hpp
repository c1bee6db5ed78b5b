#pragma once

// The file of allowed signers as OpenSSH has it (ssh-keygen(1), ALLOWED SIGNERS): a line for each
// key, with the principals that it signs for.
//
//     company-a namespaces="natto-table",valid-before="20300101" ssh-ed25519 AAAA… alice@a.example

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/utc.hpp"
#include "signature/public_key.hpp"

namespace natto::ssh {

/// A file of more bytes is refused.
inline constexpr std::size_t kMostSignersBytes = std::size_t{1} << 20;

struct AllowedSigner {
  std::uint32_t line = 0;               ///< counted from 1
  std::vector<std::string> principals;  ///< patterns with * and ?; one that begins with ! forbids
  std::vector<std::string> namespaces = {};  ///< patterns likewise; empty: every one
  std::optional<WallTime> valid_after = std::nullopt;
  std::optional<WallTime> valid_before = std::nullopt;
  PublicKey key;
};

/// All of them, or every wrong line as `file:line: what is wrong`: a line that natto does not
/// understand could be one that takes a right away. Times without Z are the machine's.
[[nodiscard]] Result<std::vector<AllowedSigner>> parse_allowed_signers(
    std::string_view text, const std::filesystem::path& file);

/// Whether a list of patterns has `name`, and none that forbids it: match_pattern_list of OpenSSH.
[[nodiscard]] bool matches(const std::vector<std::string>& patterns, std::string_view name);

/// The principals that are named without a pattern, each once, in the file's order.
[[nodiscard]] std::vector<std::string> named_principals(const std::vector<AllowedSigner>& signers);

}  // namespace natto::ssh
