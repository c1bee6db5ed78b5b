#pragma once

#include "dataplane/pair_cache.hpp"
#include "dataplane/plain_packet.hpp"
#include "dataplane/policy_gate.hpp"
#include "dataplane/worker.hpp"
#include "packet/rewrite.hpp"

namespace natto {

/// Knows plain packets by their pairs of addresses, and with them what the policy says. `Bits` are
/// those that matter of an address, as the table has them.
template <typename Bits>
class ByPair {
 public:
  using Keys = PairCache::Keys<Bits>;
  static constexpr bool kTakesFragments = false;  // later ones do not tell their ports
  static constexpr bool kLooksCloser = true;

  /// Where the cache has the pair, if it does.
  struct Places {
    PairCache::Key key;
    CachedPair* pair;
  };
  using Packet = PlainPacket<Places>;

  /// What it has of it.
  struct Found {
    CachedPair* pair;

    [[nodiscard]] explicit operator bool() const noexcept { return pair != nullptr; }
    [[nodiscard]] RealmId realm() const noexcept { return pair->realm; }
    [[nodiscard]] NewAddresses new_addresses(const Packet& packet) const noexcept {
      return pair->apply(addresses_of(packet.ip()));
    }
    void count(PendingCount packet) const noexcept { pair->pending.add(packet); }
  };

  ByPair(const Worker& worker, Keys keys, std::uint64_t now) noexcept
      : pairs_(worker.pairs.reader()), keys_(keys), policy_(worker.policy), now_(now) {}

  /// Asks the CPU to bring what the cache has.
  [[nodiscard]] Places prefetch(const Ipv4Header& ip) const noexcept {
    const PairCache::Key key = keys_.of(addresses_of(ip), ip.protocol);
    return {key, pairs_.prefetch(key)};
  }
  [[nodiscard]] Found find(const Places& places) const noexcept {
    return {pairs_.find(places.key, places.pair)};
  }
  /// Whether a packet that was found may be translated without a closer look.
  [[nodiscard]] bool lets(const Packet& packet, const Found& found) const noexcept {
    const CachedPair& pair = *found.pair;
    return pair.allows_port_of(packet.bytes()) && !pair.notices_flags_of(packet.bytes()) &&
           policy_.keeps_limit(pair, packet.bytes(), now_);
  }
  static PairCache::Pending& pending(Worker& worker) noexcept { return worker.pairs.pending(); }

 private:
  PairCache::Reader pairs_;
  Keys keys_;
  PolicyGate policy_;
  std::uint64_t now_;  ///< TSC cycles
};

}  // namespace natto
