#pragma once

// Tells what a port's gateway does: that it does not answer ARP, that it answers, that its MAC
// address changed. A state machine without clock or log: the caller passes the time and logs what
// it returns. Control thread only.

#include <cstdint>
#include <optional>
#include <string>

#include "base/address.hpp"
#include "base/instant.hpp"
#include "base/token_bucket.hpp"
#include "ports/resolver.hpp"

namespace natto {

class GatewayWatch {
 public:
  /// A gateway that keeps changing is told of this often at once, and then once a minute.
  static constexpr std::uint32_t kNoticesAtOnce = 6;

  /// Something to be logged.
  struct Notice {
    bool is_trouble;
    std::string text;
  };

  /// What is new at `now`, if it may be told already. What may not be told is not lost: the next
  /// notice tells how it is then.
  std::optional<Notice> step(const Gateway& gateway, Instant now);

 private:
  [[nodiscard]] Notice describe(const Gateway& gateway) const;

  static constexpr std::uint64_t kTicksPerMinute = 60'000;

  std::optional<MacAddress> told_mac_;
  bool told_silent_ = false;
  std::optional<MacAddress> last_mac_;
  std::uint64_t mac_changes_ = 0;  ///< since the last notice
  /// A second of its is a minute here.
  TokenBucket notices_{{.rate = 1, .burst = kNoticesAtOnce}, kTicksPerMinute};
};

}  // namespace natto
