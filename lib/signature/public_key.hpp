#pragma once

// A public key as SSH has it, and what it says of a signature. libcrypto does the arithmetic.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "signature/wire.hpp"

namespace natto::ssh {

/// ed25519, ecdsa of NIST's three curves, RSA of 2,048 to 16,384 bits, and ed25519 and ecdsa of a
/// hardware key (FIDO). Immutable.
class PublicKey {
 public:
  /// `blob`: RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, and PROTOCOL.u2f of OpenSSH. The error says
  /// what is wrong with it, without its name. The numbers in it are looked at when it verifies.
  [[nodiscard]] static Result<PublicKey> parse(ByteView blob);

  /// "ssh-ed25519", …: the first part of the blob.
  [[nodiscard]] const std::string& type() const noexcept { return type_; }
  [[nodiscard]] ByteView blob() const noexcept { return blob_; }
  /// As `ssh-keygen -l` prints it: "SHA256:…".
  [[nodiscard]] std::string fingerprint() const;

  /// Whether `signature` (RFC 4253 §6.6: its algorithm and its value) is this key's of `message`.
  /// The error says why not. RSA with SHA-1 is none, nor is a hardware key's that nobody touched.
  [[nodiscard]] Status verify(ByteView message, ByteView signature) const;

  /// Whether natto knows keys of this type at all.
  [[nodiscard]] static bool knows(std::string_view type) noexcept;
  /// All types, for a person: "ssh-ed25519, …".
  [[nodiscard]] static std::string known_types();

 private:
  PublicKey(std::string type, ByteView blob)
      : type_(std::move(type)), blob_(blob.begin(), blob.end()) {}

  std::string type_;
  std::vector<std::uint8_t> blob_;
};

}  // namespace natto::ssh
