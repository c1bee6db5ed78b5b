#include "signature/ssh_signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/base64.hpp"

namespace natto::ssh {
namespace {

constexpr std::string_view kBegin = "-----BEGIN SSH SIGNATURE-----";
constexpr std::string_view kEnd = "-----END SSH SIGNATURE-----";
constexpr std::string_view kMagic = "SSHSIG";
constexpr std::uint32_t kVersion = 1;

Error no_signature(std::string_view why) {
  return input_error(fmt::format("is no signature of ssh-keygen: {}", why));
}

/// The bytes between the two lines.
Result<std::vector<std::uint8_t>> unarmored(std::string_view file) {
  std::string text(file);
  std::erase(text, '\r');
  std::string_view rest = text;
  if (!rest.starts_with(kBegin)) {
    return no_signature(fmt::format("it does not begin with {}", kBegin));
  }
  rest.remove_prefix(kBegin.size());
  const std::size_t end = rest.find(kEnd);
  if (end == std::string_view::npos) {
    return no_signature("its end is missing; copy the whole file");
  }
  const std::string_view behind = rest.substr(end + kEnd.size());
  if (behind != "" && behind != "\n") {
    return no_signature("something stands behind its end; a file has one signature");
  }
  std::string digits(rest.substr(0, end));
  if (!digits.starts_with('\n') || !digits.ends_with('\n')) {
    return no_signature("its first and last lines have something else in them");
  }
  std::erase(digits, '\n');
  std::optional<std::vector<std::uint8_t>> bytes = from_base64(digits);
  if (!bytes) {
    return no_signature("what is between its first and last lines is not base64");
  }
  return *std::move(bytes);
}

}  // namespace

std::vector<std::uint8_t> SshSignature::signed_bytes(std::string_view content) const {
  return WireWriter()
      .raw(bytes_of(kMagic))
      .string(bytes_of(signed_for))
      .string({})
      .string(bytes_of(hash == Hash::kSha256 ? "sha256" : "sha512"))
      .string(digest(hash, bytes_of(content)))
      .bytes();
}

Result<SshSignature> parse_ssh_signature(std::string_view file) {
  if (file.size() > kMostSignatureBytes) {
    return no_signature(fmt::format("it is larger than {} KiB", kMostSignatureBytes >> 10));
  }
  const Result<std::vector<std::uint8_t>> blob = unarmored(file);
  if (!blob) {
    return blob.error();
  }
  WireReader reader(*blob);
  const auto magic = reader.bytes(kMagic.size());
  const auto version = reader.uint32();
  const auto key = reader.string();
  const auto signed_for = reader.string();
  const auto reserved = reader.string();
  const auto hash = reader.string();
  const auto signature = reader.string();
  if (!magic || text_of(*magic) != kMagic) {
    return no_signature("its bytes do not begin with SSHSIG");
  }
  if (version && *version != kVersion) {
    return no_signature(fmt::format("it is of version {}; natto knows {}", *version, kVersion));
  }
  if (!version || !key || !signed_for || !reserved || !hash || !signature) {
    return no_signature("it was cut off");
  }
  if (!reader.at_end()) {
    return no_signature("bytes stand behind its end");
  }
  // What is reserved is not signed, so that anybody could write it.
  if (!reserved->empty()) {
    return no_signature("it has something where the format has nothing yet");
  }
  const std::string_view name = text_of(*hash);
  if (name != "sha256" && name != "sha512") {
    return no_signature("it names another hash than sha256 and sha512");
  }
  return SshSignature{.key = {key->begin(), key->end()},
                      .signed_for = std::string(text_of(*signed_for)),
                      .hash = name == "sha256" ? Hash::kSha256 : Hash::kSha512,
                      .signature = {signature->begin(), signature->end()}};
}

}  // namespace natto::ssh
