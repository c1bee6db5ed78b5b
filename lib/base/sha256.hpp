#pragma once

#include <string>
#include <string_view>

// sha2.h needs what sys/types.h declares.
#include <sys/types.h>

#include <sha2.h>

namespace natto {

/// SHA-256 of texts, one after the other. A copy goes on from where it was made.
class Sha256 {
 public:
  Sha256() noexcept { SHA256Init(&context_); }

  void add(std::string_view text) noexcept;
  /// 64 small hexadecimal digits, of all that was added.
  [[nodiscard]] std::string hex() const;

 private:
  SHA2_CTX context_{};
};

[[nodiscard]] std::string sha256_hex(std::string_view text);

}  // namespace natto
