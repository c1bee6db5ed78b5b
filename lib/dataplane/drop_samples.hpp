#pragma once

// The last packets that a thread dropped, of each reason: a face for the counters.

#include <rte_mbuf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/latest.hpp"
#include "base/token_bucket.hpp"
#include "config/model.hpp"
#include "packet/drop_reasons.hpp"
#include "packet/glance.hpp"

namespace natto {

/// Which way a packet was going when it was dropped: its bytes are of that side.
enum class Way : std::uint8_t {
  kIn,   ///< as it came in by the port
  kOut,  ///< translated, to leave by the port
};

/// Where and when a packet is dropped.
struct DropPlace {
  RealmId realm;  ///< of the port
  Way way;
  std::uint64_t tsc;
};

struct DropSample {
  Glance glance;
  std::uint32_t length;  ///< bytes behind the Ethernet header
  DropPlace place;
};

/// Written by one thread; any may read. A packet costs a look at the clock's time and at the
/// budget of its reason, and kPerSecond of a reason at once and each second cost a look at the
/// packet: a flood of drops takes no time from other packets.
class alignas(64) DropSamples {
 public:
  static constexpr std::size_t kKept = 8;  ///< of each reason
  static constexpr std::uint32_t kPerSecond = 8;

  DropSamples();

  /// Called before `packet` is let go of. Of one reason, place.tsc never goes back.
  void note(DropReason reason, const rte_mbuf& packet, const DropPlace& place) noexcept {
    if (budgets_[static_cast<std::size_t>(reason)].take(place.tsc)) {
      record(reason, packet, place);
    }
  }

  /// In no order. Any thread.
  template <typename Visit>
  void for_each(DropReason reason, Visit visit) const {
    latest_[static_cast<std::size_t>(reason)].for_each(visit);
  }

 private:
  void record(DropReason reason, const rte_mbuf& packet, const DropPlace& place) noexcept;

  std::vector<TokenBucket> budgets_;  ///< by reason
  std::array<Latest<DropSample, kKept>, kDropReasonCount> latest_;
};

}  // namespace natto
