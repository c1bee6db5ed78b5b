#include "signature/public_key.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/base64.hpp"
#include "signature/digest.hpp"

namespace natto::ssh {
namespace {

constexpr std::size_t kLeastRsaBits = 2048;
constexpr std::size_t kMostRsaBits = 16384;
constexpr std::size_t kMostExponentBytes = 8;
constexpr std::size_t kEd25519Bytes = 32;
constexpr std::uint8_t kUserPresent = 0x01;   ///< of a hardware key's flags
constexpr std::uint8_t kUncompressed = 0x04;  ///< SEC 1 §2.3.3

enum class Scheme { kEd25519, kEcdsa, kRsa };

struct KeyType {
  std::string_view name;
  Scheme scheme;
  bool is_hardware = false;
  // Of ecdsa.
  std::string_view curve = {};  ///< SSH's name, and the first part of the key
  const char* group = nullptr;  ///< libcrypto's
  std::size_t coordinate_bytes = 0;
  Hash hash = Hash::kSha256;
};

constexpr std::array kTypes = {
    KeyType{.name = "ssh-ed25519", .scheme = Scheme::kEd25519},
    KeyType{.name = "ecdsa-sha2-nistp256",
            .scheme = Scheme::kEcdsa,
            .curve = "nistp256",
            .group = "P-256",
            .coordinate_bytes = 32,
            .hash = Hash::kSha256},
    KeyType{.name = "ecdsa-sha2-nistp384",
            .scheme = Scheme::kEcdsa,
            .curve = "nistp384",
            .group = "P-384",
            .coordinate_bytes = 48,
            .hash = Hash::kSha384},
    KeyType{.name = "ecdsa-sha2-nistp521",
            .scheme = Scheme::kEcdsa,
            .curve = "nistp521",
            .group = "P-521",
            .coordinate_bytes = 66,
            .hash = Hash::kSha512},
    KeyType{.name = "ssh-rsa", .scheme = Scheme::kRsa},
    KeyType{.name = "sk-ssh-ed25519@openssh.com", .scheme = Scheme::kEd25519, .is_hardware = true},
    KeyType{.name = "sk-ecdsa-sha2-nistp256@openssh.com",
            .scheme = Scheme::kEcdsa,
            .is_hardware = true,
            .curve = "nistp256",
            .group = "P-256",
            .coordinate_bytes = 32,
            .hash = Hash::kSha256},
};

const KeyType* find_type(std::string_view name) {
  const auto found = std::ranges::find(kTypes, name, &KeyType::name);
  return found == kTypes.end() ? nullptr : &*found;
}

/// The parts of a key's blob.
struct KeyParts {
  const KeyType* type = nullptr;
  ByteView point;        ///< of ed25519 and ecdsa
  ByteView exponent;     ///< of RSA
  ByteView modulus;      ///< of RSA
  ByteView application;  ///< of a hardware key
};

Result<KeyParts> parts_of(ByteView blob) {
  WireReader reader(blob);
  const auto name = reader.string();
  if (!name) {
    return input_error("is cut off");
  }
  const KeyType* type = find_type(text_of(*name));
  if (type == nullptr) {
    return input_error(fmt::format("is of a type that natto does not verify; it verifies {}",
                                   PublicKey::known_types()));
  }
  KeyParts parts{.type = type, .point = {}, .exponent = {}, .modulus = {}, .application = {}};
  bool right = true;
  switch (type->scheme) {
    case Scheme::kEd25519:
      parts.point = reader.string().value_or(ByteView());
      right = parts.point.size() == kEd25519Bytes;
      break;
    case Scheme::kEcdsa: {
      const auto curve = reader.string();
      parts.point = reader.string().value_or(ByteView());
      right = curve && text_of(*curve) == type->curve &&
              parts.point.size() == 1 + 2 * type->coordinate_bytes &&
              parts.point.front() == kUncompressed;
      break;
    }
    case Scheme::kRsa: {
      parts.exponent = reader.number().value_or(ByteView());
      parts.modulus = reader.number().value_or(ByteView());
      right = !parts.exponent.empty() && parts.exponent.size() <= kMostExponentBytes &&
              !parts.modulus.empty();
      if (right &&
          (parts.modulus.size() < kLeastRsaBits / 8 || parts.modulus.size() > kMostRsaBits / 8)) {
        return input_error(fmt::format("is of RSA with {} bits; natto takes {} to {}",
                                       8 * parts.modulus.size(), kLeastRsaBits, kMostRsaBits));
      }
      break;
    }
  }
  if (type->is_hardware) {
    parts.application = reader.string().value_or(ByteView());
    right = right && !parts.application.empty();
  }
  if (!right || !reader.at_end()) {
    return input_error(fmt::format("is no key of type {}: it was cut or changed", type->name));
  }
  return parts;
}

// libcrypto.

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;

/// libcrypto without the machine's openssl.cnf, which may load other people's code into natto.
void ready_libcrypto() {
  static const bool ready = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1;
  static_cast<void>(ready);  // what fails then, fails below, too
}

const EVP_MD* evp(Hash hash) {
  switch (hash) {
    case Hash::kSha256:
      return EVP_sha256();
    case Hash::kSha384:
      return EVP_sha384();
    case Hash::kSha512:
      return EVP_sha512();
  }
  return nullptr;
}

Number number_of(ByteView digits) {
  return Number(BN_bin2bn(digits.data(), static_cast<int>(digits.size()), nullptr));
}

/// `build` adds the parameters.
template <typename Build>
Key make_key(const char* algorithm, Build build) {
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || !build(builder.get())) {
    return nullptr;
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return Key(key);
}

/// Null if the numbers are no key: a point that is not on its curve.
Key key_of(const KeyParts& parts) {
  switch (parts.type->scheme) {
    case Scheme::kEd25519:
      return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, parts.point.data(),
                                             parts.point.size()));
    case Scheme::kEcdsa:
      return make_key("EC", [&parts](OSSL_PARAM_BLD* builder) {
        return OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
                                               parts.type->group, 0) == 1 &&
               OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
                                                parts.point.data(), parts.point.size()) == 1;
      });
    case Scheme::kRsa: {
      const Number exponent = number_of(parts.exponent);
      const Number modulus = number_of(parts.modulus);
      return make_key("RSA", [&](OSSL_PARAM_BLD* builder) {
        return exponent && modulus && BN_is_odd(exponent.get()) == 1 &&
               BN_is_one(exponent.get()) == 0 && BN_is_odd(modulus.get()) == 1 &&
               OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1 &&
               OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1;
      });
    }
  }
  return nullptr;
}

/// `hash`: none of ed25519, which has its own.
bool agrees(EVP_PKEY* key, std::optional<Hash> hash, ByteView message, ByteView signature) {
  const DigestContext context(EVP_MD_CTX_new());
  return context &&
         EVP_DigestVerifyInit(context.get(), nullptr, hash ? evp(*hash) : nullptr, nullptr, key) ==
             1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

/// SSH's two numbers (RFC 5656 §3.1.2) as libcrypto wants them: DER. Empty if they are none.
std::vector<std::uint8_t> der_of(ByteView value, std::size_t most_bytes) {
  WireReader reader(value);
  const auto r_digits = reader.number();
  const auto s_digits = reader.number();
  if (!r_digits || !s_digits || !reader.at_end() || r_digits->size() > most_bytes ||
      s_digits->size() > most_bytes) {
    return {};
  }
  Number r = number_of(*r_digits);
  Number s = number_of(*s_digits);
  const EcdsaSignature signature(ECDSA_SIG_new());
  if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return {};
  }
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  const int length = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (length <= 0) {
    return {};
  }
  std::vector<std::uint8_t> der(static_cast<std::size_t>(length));
  std::uint8_t* end = der.data();
  i2d_ECDSA_SIG(signature.get(), &end);
  return der;
}

const Error& other_bytes() {
  static const Error error = input_error(
      "does not fit: it is of other bytes, or was changed itself; sign the file as it is now");
  return error;
}

/// The hash of the algorithm that the signature names; none: it is not one of the key's.
std::optional<Hash> hash_for(const KeyType& type, std::string_view algorithm) {
  if (type.scheme == Scheme::kRsa) {
    return algorithm == "rsa-sha2-512"   ? std::optional(Hash::kSha512)
           : algorithm == "rsa-sha2-256" ? std::optional(Hash::kSha256)
                                         : std::nullopt;
  }
  return algorithm == type.name ? std::optional(type.hash) : std::nullopt;
}

}  // namespace

std::vector<std::uint8_t> digest(Hash hash, ByteView bytes) {
  ready_libcrypto();
  std::vector<std::uint8_t> sum(EVP_MAX_MD_SIZE);
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), sum.data(), &length, evp(hash), nullptr) != 1) {
    length = 0;
  }
  sum.resize(length);
  return sum;
}

bool PublicKey::knows(std::string_view type) noexcept { return find_type(type) != nullptr; }

std::string PublicKey::known_types() {
  std::vector<std::string_view> names;
  for (const KeyType& type : kTypes) {
    names.push_back(type.name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

Result<PublicKey> PublicKey::parse(ByteView blob) {
  const Result<KeyParts> parts = parts_of(blob);
  return parts ? Result<PublicKey>(PublicKey(std::string(parts->type->name), blob)) : parts.error();
}

std::string PublicKey::fingerprint() const {
  return "SHA256:" + to_base64(digest(Hash::kSha256, blob_), /*padded=*/false);
}

Status PublicKey::verify(ByteView message, ByteView signature) const {
  const Result<KeyParts> parts = parts_of(blob_);
  if (!parts) {
    return parts.error();
  }
  const KeyType& type = *parts->type;
  WireReader reader(signature);
  const auto algorithm = reader.string();
  const auto value = reader.string();
  ByteView flags_and_counter;
  if (type.is_hardware) {
    flags_and_counter = reader.bytes(5).value_or(ByteView());  // PROTOCOL.u2f: a byte, an uint32
  }
  if (!algorithm || !value || !reader.at_end()) {
    return input_error("was cut or changed: its value does not end where it says");
  }
  const std::optional<Hash> hash = hash_for(type, text_of(*algorithm));
  if (!hash) {
    return input_error(fmt::format(
        "is made with an algorithm that a key of type {} does not have here{}", type.name,
        text_of(*algorithm) == "ssh-rsa" ? ": SHA-1; sign with a newer ssh-keygen" : ""));
  }
  ready_libcrypto();
  std::vector<std::uint8_t> signed_by_hardware;
  if (type.is_hardware) {
    if ((flags_and_counter.front() & kUserPresent) == 0) {
      return input_error("was made without a touch of the hardware key");
    }
    signed_by_hardware = WireWriter()
                             .raw(digest(Hash::kSha256, parts->application))
                             .raw(flags_and_counter)
                             .raw(digest(Hash::kSha256, message))
                             .bytes();
    message = signed_by_hardware;
  }
  const Key key = key_of(*parts);
  if (!key) {
    ERR_clear_error();
    return input_error("is by a key whose numbers are none of its type");
  }
  bool fits = false;
  switch (type.scheme) {
    case Scheme::kEd25519:
      fits = agrees(key.get(), std::nullopt, message, *value);
      break;
    case Scheme::kEcdsa: {
      const std::vector<std::uint8_t> der = der_of(*value, type.coordinate_bytes);
      fits = !der.empty() && agrees(key.get(), hash, message, der);
      break;
    }
    case Scheme::kRsa: {
      // A value that begins with zeros may come without them.
      const std::size_t size = parts->modulus.size();
      std::vector<std::uint8_t> padded(size - std::min(size, value->size()));
      padded.insert(padded.end(), value->begin(), value->end());
      fits = padded.size() == size && agrees(key.get(), hash, message, padded);
      break;
    }
  }
  ERR_clear_error();
  return fits ? Status(Done{}) : other_bytes();
}

}  // namespace natto::ssh
