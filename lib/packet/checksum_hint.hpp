#pragma once

// What to say of packets whose checksums are only half made (packet/half_made.hpp), and when.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/instant.hpp"

namespace natto {

/// Decides when the log says so: not for those few of many packets that look so by chance.
class ChecksumHint {
 public:
  static constexpr std::string_view kMeaning =
      "TCP or UDP packets came with checksums that are only half made: their receivers discard "
      "them";
  static constexpr std::string_view kAdvice =
      "on the machine or in the namespace that sends them: ethtool -K INTERFACE tx off";

  /// How long packets are counted together.
  static constexpr Instant kWindow{10'000};
  static constexpr Instant kPause{60'000};

  /// `half_made` and `received`: packets since start. True: it is time to say so.
  bool step(std::uint64_t half_made, std::uint64_t received, Instant now);

 private:
  struct Window {
    Instant begin;
    std::uint64_t half_made;
    std::uint64_t received;
  };
  std::optional<Window> window_;
  std::optional<Instant> said_;
};

}  // namespace natto
