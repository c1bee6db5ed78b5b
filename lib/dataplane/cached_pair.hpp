#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/realm.hpp"
#include "dataplane/pending_counts.hpp"
#include "packet/checksum.hpp"
#include "packet/plain.hpp"
#include "packet/rewrite.hpp"
#include "policy/pair_rules.hpp"
#include "policy/policy.hpp"

namespace natto {

/// What a worker keeps of the plain packets of one protocol from one address to another, in one
/// cache line: what they become and what the policy says of them, and beside it, since the line is
/// at hand then, what was counted of them and is pending.
struct alignas(64) CachedPair {
  static constexpr std::uint16_t kNoLimit = UINT16_MAX;
  // Where a port lies in the transport header.
  static constexpr std::uint8_t kOfSource = offsetof(TcpHeader, source_port);
  static constexpr std::uint8_t kOfDestination = offsetof(TcpHeader, destination_port);

  AddressPair addresses = 0;            ///< their bits that the table looks at
  std::uint32_t tag = 0;                ///< epoch, realm and protocol; no look-up has the epoch 0
  ChecksumDelta delta;                  ///< of both
  RealmId realm = 0;                    ///< that they go to
  std::uint8_t asked_port = kOfSource;  ///< that must be one of `ports`
  AddressPair exchanged_bits = 0;
  PendingCount pending;
  std::uint32_t source_mapping = 0;
  std::uint32_t destination_mapping = 0;
  // Of the policy. Without one, any port is allowed.
  Policy::Group source_group = 0;
  Policy::Group destination_group = 0;
  std::array<PortSpan, 2> ports = PairRules::kNoPort;
  Policy::RuleOfGrant rule = {};  ///< under which they are counted; reversed: from its second side
  std::uint16_t limit = kNoLimit;
  bool complete = false;  ///< or else the policy is asked each time, and no port is allowed
  /// If SYN is the only of these flags that is set, a packet is looked at more closely. In TCP
  /// only.
  std::uint8_t noticed_flags = 0;

  [[nodiscard]] bool is(AddressPair of_addresses, std::uint32_t of_tag) const noexcept {
    return ((addresses ^ of_addresses) | (tag ^ of_tag)) == 0;
  }

  /// What the addresses of a packet of the pair become.
  [[nodiscard]] NewAddresses apply(AddressPair of_packet) const noexcept {
    const auto to = std::bit_cast<std::array<Ipv4Address, 2>>(of_packet ^ exchanged_bits);
    return {to[0], to[1], delta};
  }

  /// Whether the plain packet in `frame`, of this pair, has a port that is allowed.
  // Without a branch: which of the spans it is nobody can foresee.
  [[nodiscard]] bool allows_port_of(std::span<const std::uint8_t> frame) const noexcept {
    const std::size_t offset = kTransportOffset + asked_port;
    const std::uint16_t port = header_at<Be16>(beginning_of(frame), offset).host();
    return (ports[0].distance(port) | ports[1].distance(port)) < 0;
  }
  /// Whether the plain packet in `frame`, of this pair, has flags to be looked at more closely.
  [[nodiscard]] bool notices_flags_of(std::span<const std::uint8_t> frame) const noexcept {
    const auto& tcp = header_at<TcpHeader>(beginning_of(frame), kTransportOffset);
    return (tcp.flags & noticed_flags) == TcpHeader::kSyn;
  }

  void flush_to(const TableCounters& counters, CoarseTime now) const noexcept {
    counters.mappings[source_mapping].count_from(pending.packets(), pending.bytes(), now);
    counters.mappings[destination_mapping].count_to(pending.packets(), pending.bytes(), now);
    if (rule.exists()) {
      RuleCounters& of_rule = counters.rules[rule.index];
      (rule.reversed != 0 ? of_rule.back : of_rule.there).count(pending.packets(), pending.bytes());
    }
    if (limit != kNoLimit) {
      counters.limits[limit].count_passed(pending.packets(), pending.bytes());
    }
  }
  void prefetch(const TableCounters& counters) const noexcept {
    rte_prefetch0(&counters.mappings[source_mapping]);
    rte_prefetch0(&counters.mappings[destination_mapping]);
    if (rule.exists()) {
      rte_prefetch0(&counters.rules[rule.index]);
    }
  }

  static constexpr unsigned kProtocolBits = 8;
  static constexpr unsigned kRealmBits = 8;
  static constexpr std::uint32_t kEpochStep = 1U << (kProtocolBits + kRealmBits);
  [[nodiscard]] std::uint32_t epoch() const noexcept { return tag & ~(kEpochStep - 1); }

 private:
  // As far as a TCP header goes. A packet of another protocol may end before that, its buffer does
  // not, and what lies there decides nothing.
  [[nodiscard]] static std::span<const std::uint8_t> beginning_of(
      std::span<const std::uint8_t> frame) noexcept {
    return {frame.data(), kTransportOffset + sizeof(TcpHeader)};
  }
};
static_assert(sizeof(CachedPair) == 64);

}  // namespace natto
