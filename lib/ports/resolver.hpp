#pragma once

// Finds the MAC addresses of one port's neighbours: its gateway, always, and the hosts on its own
// link that packets are for. A state machine without clock or device: the caller passes the time
// and sends the frames that it returns. Control thread only.
//
// R25 of doc/rfc-compliance.md: at most one request a second per target; a neighbour that changes
// its MAC is followed; only those that were asked for are ever learnt, so a flood of ARP fills
// nothing.

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "base/instant.hpp"
#include "packet/arp.hpp"

namespace natto {

/// A port's gateway, as ARP shows it.
struct Gateway {
  Ipv4Address address;
  std::optional<MacAddress> mac;
  bool silent = false;  ///< it has left as many requests unanswered as a neighbour may
};

class Resolver {
 public:
  static constexpr Instant kRequestInterval{1'000};
  /// A known neighbour is asked again after this long without hearing from it.
  static constexpr Instant kRefreshAfter{30'000};
  /// A neighbour on the link that left this many requests unanswered is forgotten. The gateway's
  /// last MAC address is kept: sending there is better than not sending.
  static constexpr unsigned kMaxUnanswered = 3;
  static constexpr std::size_t kMaxNeighbours = 4096;

  /// `self`: the port's own MAC and address.
  Resolver(ArpParty self, std::optional<Ipv4Address> gateway);

  /// A packet waits for `address`. False if no more neighbours can be resolved.
  bool want(Ipv4Address address);

  /// A request or reply was heard. True if its sender is a neighbour that was asked for; then
  /// known() may have changed.
  bool hear(const ArpParty& sender, Instant now);

  /// The hosts on the link may have changed: every neighbour is asked again, unless it is heard
  /// before. Until then its known MAC address stays in use.
  void doubt() noexcept;

  /// The requests that are due now. Forgets neighbours that do not answer.
  [[nodiscard]] std::vector<ArpFrame> due(Instant now);

  [[nodiscard]] std::optional<MacAddress> find(Ipv4Address address) const;

  /// The neighbours whose MAC is known, by ascending address.
  [[nodiscard]] std::vector<ArpParty> known() const;

  /// None if the port has none, or if it is not resolved.
  [[nodiscard]] std::optional<Gateway> gateway() const;

  /// Counts up whenever known() changes.
  [[nodiscard]] unsigned version() const noexcept { return version_; }

 private:
  struct Neighbour {
    std::optional<MacAddress> mac;
    Instant heard{};
    std::optional<Instant> asked;
    unsigned unanswered = 0;
    bool silent = false;  ///< it would be forgotten, if it were not the gateway
    bool doubted = false;
  };

  [[nodiscard]] bool is_gateway(Ipv4Address address) const noexcept;

  ArpParty self_;
  std::optional<Ipv4Address> gateway_;
  std::map<Ipv4Address, Neighbour> neighbours_;
  unsigned version_ = 0;
};

}  // namespace natto
