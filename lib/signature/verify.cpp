#include "signature/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/printable.hpp"
#include "signature/ssh_signature.hpp"

namespace natto::ssh {
namespace {

/// Why `signer`, who has the key and the party, may not sign tables now; none: it may.
std::optional<std::string> objection(const AllowedSigner& signer, WallTime now) {
  if (!signer.namespaces.empty() && !matches(signer.namespaces, kTableNamespace)) {
    return fmt::format(
        "is by a key that may not sign tables: line {} of the allowed signers has "
        "no namespace {}",
        signer.line, kTableNamespace);
  }
  if (signer.valid_after && now < *signer.valid_after) {
    return fmt::format("is by a key that is not valid before {} (line {} of the allowed signers)",
                       utc_text(*signer.valid_after), signer.line);
  }
  if (signer.valid_before && now > *signer.valid_before) {
    return fmt::format(
        "is by a key that was valid until {} (line {} of the allowed signers); sign with one that "
        "is valid",
        utc_text(*signer.valid_before), signer.line);
  }
  return std::nullopt;
}

}  // namespace

Result<GoodSignature> verify(const std::vector<AllowedSigner>& signers, std::string_view party,
                             std::string_view content, std::string_view signature, WallTime now) {
  const Result<SshSignature> parsed = parse_ssh_signature(signature);
  if (!parsed) {
    return parsed.error();
  }
  if (parsed->signed_for != kTableNamespace) {
    constexpr std::size_t kLongest = 60;
    return input_error(fmt::format(
        "is for \"{}\", not for {}; sign with natto sign, or with ssh-keygen -Y sign -n {}",
        printable(parsed->signed_for.substr(0, kLongest)), kTableNamespace, kTableNamespace));
  }
  // Only keys that were agreed on meet libcrypto.
  const PublicKey* key = nullptr;
  bool is_partys = false;
  std::string why;
  for (const AllowedSigner& signer : signers) {
    if (!same(signer.key.blob(), parsed->key)) {
      continue;
    }
    key = &signer.key;
    if (!matches(signer.principals, party)) {
      continue;
    }
    is_partys = true;
    const std::optional<std::string> objected = objection(signer, now);
    why = objected.value_or("");
    if (!objected) {
      break;
    }
  }
  if (key == nullptr) {
    return input_error(
        "is by a key that is not among the allowed signers; sign with one that is, or agree on a "
        "line for it");
  }
  if (!is_partys) {
    return input_error(
        fmt::format("is by the key {}, which the allowed signers have for others than {}",
                    key->fingerprint(), party));
  }
  if (!why.empty()) {
    return input_error(std::move(why));
  }
  if (const Status fits = key->verify(parsed->signed_bytes(content), parsed->signature); !fits) {
    return fits.error();
  }
  return GoodSignature{
      .party = std::string(party), .key = key->fingerprint(), .key_type = key->type()};
}

}  // namespace natto::ssh
