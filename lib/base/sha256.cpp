#include "base/sha256.hpp"

#include <array>
#include <cstdint>

namespace natto {

void Sha256::add(std::string_view text) noexcept {
  SHA256Update(&context_, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

std::string Sha256::hex() const {
  SHA2_CTX copy = context_;
  std::array<char, SHA256_DIGEST_STRING_LENGTH> digest{};
  SHA256End(&copy, digest.data());
  return digest.data();
}

std::string sha256_hex(std::string_view text) {
  Sha256 sum;
  sum.add(text);
  return sum.hex();
}

}  // namespace natto
