#pragma once

// Whether a party has signed some bytes: a signature of ssh-keygen, by a key that the file of
// allowed signers has for that party, at this time and for this purpose.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/utc.hpp"
#include "signature/allowed_signers.hpp"

namespace natto::ssh {

/// What a table is signed for: `ssh-keygen -Y sign -n natto-table`.
inline constexpr std::string_view kTableNamespace = "natto-table";

/// Someone's signature that was found good.
struct GoodSignature {
  std::string party;
  std::string key;       ///< its fingerprint, as ssh-keygen -l prints it
  std::string key_type;  ///< "ssh-ed25519", …

  friend bool operator==(const GoodSignature&, const GoodSignature&) = default;
};

/// `signature` is the content of a signature file, `content` what it is to be of. The error is one
/// line: why the signature does not count, and what to do; without the file's name.
[[nodiscard]] Result<GoodSignature> verify(const std::vector<AllowedSigner>& signers,
                                           std::string_view party, std::string_view content,
                                           std::string_view signature, WallTime now);

}  // namespace natto::ssh
