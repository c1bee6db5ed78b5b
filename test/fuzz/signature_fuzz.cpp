// Any bytes as a file of a signature, as what is inside one, as a key and its signature, and as a
// file of allowed signers: refused in a line for a person, or good for the one content that was
// signed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/base64.hpp"
#include "fuzz/check.hpp"
#include "fuzz/signature_keys.hpp"
#include "signature/ssh_signature.hpp"
#include "signature/verify.hpp"

using namespace natto;
using namespace natto::ssh;

namespace {

void check_line(const std::string& text) {
  FUZZ_CHECK(!text.empty());
  for (const char c : text) {
    FUZZ_CHECK(static_cast<unsigned char>(c) >= ' ');
  }
}

void check_file(std::string_view file) {
  static const auto signers = parse_allowed_signers(fuzz::kSigners, "signers").value();
  const WallTime now = WallTime(std::chrono::hours(24 * 365 * 60));
  const Result<GoodSignature> verdict = verify(signers, "party", fuzz::kSignedContent, file, now);
  if (!verdict) {
    check_line(verdict.error().message);
    return;
  }
  FUZZ_CHECK(parse_ssh_signature(file)->signed_for == kTableNamespace);
  FUZZ_CHECK(verdict->party == "party" && verdict->key.starts_with("SHA256:"));
  FUZZ_CHECK(!verify(signers, "party", "serial = 2\nmapping = []\n", file, now));
  FUZZ_CHECK(!verify(signers, "other", fuzz::kSignedContent, file, now));
}

std::string armored(std::string_view blob) {
  return "-----BEGIN SSH SIGNATURE-----\n" + to_base64(bytes_of(blob)) +
         "\n-----END SSH SIGNATURE-----\n";
}

/// A key, as a string of SSH, and the signature, as another one.
void check_key(std::string_view bytes) {
  WireReader reader(bytes_of(bytes));
  const auto blob = reader.string();
  const auto signature = reader.string();
  const Result<PublicKey> key = PublicKey::parse(blob.value_or(ByteView()));
  if (!key) {
    check_line(key.error().message);
    return;
  }
  FUZZ_CHECK(same(key->blob(), *blob) && PublicKey::knows(key->type()));
  const SshSignature of{.key = {}, .signed_for = "natto-table", .signature = {}};
  const Status fits =
      key->verify(of.signed_bytes(fuzz::kSignedContent), signature.value_or(ByteView()));
  if (!fits) {
    check_line(fits.error().message);
  } else {
    FUZZ_CHECK(!key->verify(of.signed_bytes("other"), *signature));
  }
}

void check_signers(std::string_view text) {
  const auto signers = parse_allowed_signers(text, "signers");
  if (!signers) {
    FUZZ_CHECK(signers.error().message.starts_with("signers:"));
    return;
  }
  for (const AllowedSigner& signer : *signers) {
    FUZZ_CHECK(signer.line >= 1 && !signer.principals.empty());
    static_cast<void>(matches(signer.principals, "company-a"));
  }
  FUZZ_CHECK(named_principals(*signers).size() <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 's':
      check_signers(rest);
      break;
    case 'k':
      check_key(rest);
      break;
    case 'b':
      check_file(armored(rest));
      break;
    default:
      check_file(rest);
      break;
  }
  return 0;
}
