#pragma once

// Which addresses a natto that became active announces on one port's link, and when. Hosts and
// switches there still know them as the other natto's; a gratuitous ARP (RFC 5227 §3) tells them. A
// state machine without clock or device. Control thread only.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "base/instant.hpp"
#include "base/token_bucket.hpp"

namespace natto {

class Announcer {
 public:
  /// Any broadcast may get lost.
  static constexpr unsigned kRounds = 3;
  /// From the start of a round to that of the next, unless the round takes longer.
  static constexpr Instant kRoundInterval{1'000};
  /// So that neither hosts nor a switch's storm control choke: 7 Mbit/s of broadcasts.
  static constexpr TokenBucket::Limits kPace{.rate = 10'000, .burst = 256};
  /// Hosts find those beyond when what they know of them grows old.
  static constexpr std::size_t kMaxAddresses = 65'536;

  /// Announces `addresses` from now on, and no others. The first count most: no more than
  /// kMaxAddresses are announced.
  void begin(std::vector<Ipv4Prefix> addresses);

  /// The next that is due, if one is.
  [[nodiscard]] std::optional<Ipv4Address> next(Instant now);

  /// Announcements to come.
  [[nodiscard]] std::uint64_t left() const noexcept;

 private:
  std::vector<Ipv4Prefix> prefixes_;
  std::uint64_t addresses_ = 0;  ///< of them, to be announced
  unsigned rounds_left_ = 0;     ///< this one included
  std::uint64_t announced_ = 0;  ///< in this round
  std::size_t prefix_ = 0;       ///< the next address is in it,
  std::uint32_t host_ = 0;       ///< as its so manieth
  std::optional<Instant> round_began_;
  TokenBucket pace_{kPace, 1'000'000};
};

}  // namespace natto
