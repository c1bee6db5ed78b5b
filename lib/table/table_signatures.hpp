#pragma once

// Who has signed a table: the signature files beside its file, by the keys that natto.toml names.

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/utc.hpp"
#include "config/model.hpp"
#include "signature/verify.hpp"
#include "table/mapping.hpp"

namespace natto {

/// Where `party`'s signature of `table` is: TABLE.PARTY.sig.
[[nodiscard]] std::filesystem::path signature_file(const std::filesystem::path& table,
                                                   std::string_view party);

/// The parties that have a signature file beside `table`: those of `known`, and others without a
/// dot in their names, since NAME.old.PARTY.sig may be of another table.
[[nodiscard]] std::set<std::string> parties_beside(const std::filesystem::path& table,
                                                   const std::set<std::string>& known);

/// The allowed signers of `file`. Every wrong line is in the error, with the file's name.
[[nodiscard]] Result<std::vector<ssh::AllowedSigner>> load_signers(
    const std::filesystem::path& file);

/// `party`'s signature of `content`, the bytes of `table`, at `now`. None: there is no such file.
/// The error names file, party and what to do.
[[nodiscard]] std::optional<Result<ssh::GoodSignature>> signature_of(
    std::string_view party, const std::filesystem::path& table, std::string_view content,
    const std::vector<ssh::AllowedSigner>& signers, WallTime now);

/// What is to be told where the table needs `party`'s signature and there is none.
[[nodiscard]] std::string missing_signature(std::string_view party,
                                            const std::filesystem::path& table);

struct TableSignatures {
  std::vector<ssh::GoodSignature> good = {};
  std::string errors = {};  ///< a line each; empty: whoever must has signed
  std::vector<std::string> warnings = {};
};

/// As [table] of `config` wants it, of `content`, the bytes of its table's file. Without `signers`
/// nothing is looked at.
[[nodiscard]] TableSignatures check_signatures(std::string_view content, const Config& config,
                                               WallTime now);

/// Why two of `signatures` count as one: they are by the same key. Empty if none are.
[[nodiscard]] std::string same_key(const std::vector<ssh::GoodSignature>& signatures,
                                   const std::filesystem::path& table);

}  // namespace natto
