#pragma once

// A signature file as `ssh-keygen -Y sign` makes it: PROTOCOL.sshsig of OpenSSH. This is the format
// alone; signature/verify.hpp says whether one counts.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "signature/digest.hpp"
#include "signature/wire.hpp"

namespace natto::ssh {

/// A signature file of more bytes is refused: one of the longest RSA key has some 6,000.
inline constexpr std::size_t kMostSignatureBytes = std::size_t{64} << 10;

struct SshSignature {
  std::vector<std::uint8_t> key;  ///< the blob of a public key, of whatever type
  std::string signed_for;         ///< the namespace
  Hash hash = Hash::kSha512;
  std::vector<std::uint8_t> signature;  ///< algorithm and value

  /// What the key has signed, if it was for `content`.
  [[nodiscard]] std::vector<std::uint8_t> signed_bytes(std::string_view content) const;
};

/// The file holds one signature, and nothing else but a line feed at its end. The error says what
/// is wrong, without the file's name.
[[nodiscard]] Result<SshSignature> parse_ssh_signature(std::string_view file);

}  // namespace natto::ssh
