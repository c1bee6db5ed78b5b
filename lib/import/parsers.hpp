#pragma once

// The parsers, one for each dialect: text into rules. Pure; an Error says what cannot be read at
// all.

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "import/rules.hpp"

namespace natto::old_rules {

/// `iptables-save`, `iptables -S`, a script of iptables commands; with them `ipset save`.
[[nodiscard]] Result<Ruleset> read_iptables(std::string_view text);
/// `nft -j list ruleset`.
[[nodiscard]] Result<Ruleset> read_nft(std::string_view text);
/// A line for each mapping below a header that names the columns.
[[nodiscard]] Result<Ruleset> read_csv(std::string_view text);
/// `aws ec2 get-transit-gateway-attachment-nat-configuration`, one answer or a list of them.
[[nodiscard]] Result<Ruleset> read_tgw(std::string_view text);

/// As it looks; none if it looks like nothing known.
[[nodiscard]] std::optional<Dialect> guess_dialect(std::string_view text);

/// More is refused: nobody keeps such a file by hand.
constexpr std::size_t kMostBytes = 64UL << 20U;
constexpr std::size_t kMostRules = 200'000;

/// Whether JSON text nests deeper than any that these parsers know.
[[nodiscard]] bool nests_too_deep(std::string_view json) noexcept;

/// `dialect` absent: as guessed.
[[nodiscard]] Result<Ruleset> read_rules(std::string_view text, std::optional<Dialect> dialect);

}  // namespace natto::old_rules
