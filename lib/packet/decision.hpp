#pragma once

// What may happen to a packet: the one place that decides it. The slow path acts on it, and `natto
// explain` tells it. The fast path (dataplane/fast_path.hpp) takes only packets for which most of
// the questions asked here have one answer.

#include <optional>

#include "packet/address_rules.hpp"
#include "packet/icmp_rules.hpp"
#include "packet/port_rules.hpp"
#include "packet/refusal.hpp"
#include "packet/rewrite.hpp"
#include "packet/translation.hpp"

namespace natto {

/// What the table says of a packet.
struct Found {
  Known known;              ///< which of the packet's two keys have a translation
  Translation source;       ///< of real_key, in the realm that the packet came from
  Translation destination;  ///< of mapped_key; names the realm that the packet goes to
  bool source_is_mapped;    ///< an unknown source is a mapped address of some host (H11)
  bool reporter_known;      ///< an ICMP error comes from a host that has a mapping (R32) …
  Translation reporter;     ///< … and this is its translation
};

/// The look-ups beside those of the two keys, which few packets need. `table` answers
/// find_real(realm, address) and find_mapped(address) with a pointer to a Translation, or with an
/// optional one.
template <typename Table>
void look_up_rest(const ParsedPacket& packet, RealmId in, const PortRules& rules,
                  const Table& table, Found& found) noexcept {
  found.source_is_mapped = !found.known.source && rules.admits_unmapped_sources &&
                           static_cast<bool>(table.find_mapped(packet.source));
  found.reporter_known = false;
  if (packet.is_icmp_error()) [[unlikely]] {
    if (const auto reporter = table.find_real(in, packet.source)) {
      found.reporter_known = true;
      found.reporter = *reporter;
    }
  }
}

struct Decision {
  /// forward: the packet leaves by the port of Found::destination. to_own_address, or a drop.
  Verdict verdict;
  NewAddresses addresses = {};  ///< of a packet that is forwarded
  NewAddresses quoted = {};     ///< of the packet that it quotes, if it is an ICMP error
  /// An ICMP error that arrived intact quotes a header that did not (R27).
  bool quoted_checksum_bad = false;
};

/// What decide() tells an observer.
enum class DecisionStep {
  kIcmpErrorIntact,         ///< its own checksum, over all of it, is right
  kUnmappedSourceAdmitted,  ///< the port admits sources without a mapping
  kAdmitted,                ///< the packet may be translated; next, the port that it leaves by
};

/// The policy of a table without one.
struct AllowAll {
  Verdict operator()() const noexcept { return Verdict::forward(); }
};

/// Watches nothing, at no cost.
struct NoObserver {
  void operator()(DecisionStep /*step*/) const noexcept {}
};

/// An ICMP error's own checksum covers all of it, so that no damage is taken for a quoted address
/// (R26). What it quotes may have been damaged before it was quoted (R27). Its sender may be a
/// router that no mapping knows, so its address is looked at here (R21).
[[nodiscard]] constexpr Decision check_icmp_error(const ParsedPacket& packet, const PortRules& in,
                                                  const IcmpRules& icmp) noexcept {
  if (has_invalid_source(packet, in)) {
    return {DropReason::kSourceMartian};
  }
  if (packet.source == in.address.address) {
    return {DropReason::kSourceIsOwnAddress};
  }
  if (packet.quoted.icmp_checksum_bad) {
    return {DropReason::kIcmpChecksumBad};
  }
  const bool stops =
      packet.quoted.checksum_bad && icmp.inner_checksum_bad == InnerChecksumBad::kDrop;
  return {.verdict = stops ? Verdict(DropReason::kIcmpInnerChecksumBad) : Verdict::forward(),
          .quoted_checksum_bad = packet.quoted.checksum_bad};
}

/// Whether a packet that arrived on port `in` may be translated, or why not; to_own_address if it
/// is for natto itself. An unmapped sender may pass where the port admits it, towards a mapped
/// host, unless it poses as a mapped host (R24, H11).
template <typename Observer>
[[nodiscard]] constexpr Verdict admit(const ParsedPacket& packet, const Found& found,
                                      const PortRules& in, const Observer& observe) noexcept {
  if (!found.known.source || !found.known.destination) [[unlikely]] {
    const Verdict refusal = refuse(packet, in, found.known);
    const bool may_pass = refusal == Verdict(DropReason::kSourceNotMapped) &&
                          found.known.destination && in.admits_unmapped_sources;
    if (!may_pass) {
      return refusal;
    }
    if (found.source_is_mapped) {
      return DropReason::kSourceIsMappedAddress;
    }
    observe(DecisionStep::kUnmappedSourceAdmitted);
  }
  if (is_directed_broadcast(packet.destination, in.address)) {
    return DropReason::kDestinationBroadcast;
  }
  if (packet.source == packet.destination) {
    return DropReason::kSourceIsDestination;
  }
  if (in.closed_realm && found.destination.realm == *in.closed_realm) [[unlikely]] {
    return DropReason::kHairpinNotAllowed;
  }
  return Verdict::forward();
}

/// Whether an admitted packet may leave by port `out` for `destination`, its new one. R14, R15,
/// R22.
[[nodiscard]] constexpr Verdict may_leave(const ParsedPacket& packet, Ipv4Address destination,
                                          const PortRules& out) noexcept {
  if (is_directed_broadcast(destination, out.address)) {
    return DropReason::kDestinationBroadcast;
  }
  if (packet.ttl <= 1) {
    return DropReason::kTtlExpired;
  }
  if (packet.total_length > out.mtu && packet.dont_fragment) {
    return DropReason::kExceedsMtu;
  }
  return Verdict::forward();
}

/// What the source of an ICMP error becomes (R32): a host's mapped address, or for a router without
/// a mapping what the config says. `host`: what becomes of the host that the quoted packet was for.
/// None: the error may not pass.
[[nodiscard]] inline std::optional<Replacement> replace_reporter(const ParsedPacket& packet,
                                                                 const Found& found,
                                                                 const Replacement& host,
                                                                 const PortRules& out,
                                                                 const IcmpRules& icmp) noexcept {
  if (found.reporter_known) {
    return found.reporter.apply(packet.source);
  }
  const auto become = [&](Ipv4Address address) {
    return Replacement{address, checksum_delta(packet.source.bits, address.bits)};
  };
  switch (icmp.outer_source) {
    case OuterSource::kOwn:
      return become(out.address.address);
    case OuterSource::kMappedDestination:
      return become(host.address);
    case OuterSource::kDrop:
      break;
  }
  return std::nullopt;
}

/// Decides about a packet that parse() forwarded. `found` is complete (look_up_rest). `in` and
/// `out` are the rules of the port that it arrived on and of the port of found.destination; where
/// that is unknown, `out` is not read. `permit` tells whether the policy lets an admitted
/// packet pass. Pure, if `permit` is: any thread.
template <typename Permit = AllowAll, typename Observer = NoObserver>
[[nodiscard]] Decision decide(const ParsedPacket& packet, const Found& found, const PortRules& in,
                              const PortRules& out, const IcmpRules& icmp,
                              const Permit& permit = {}, const Observer& observe = {}) noexcept {
  Decision decision{Verdict::forward()};
  if (packet.is_icmp_error()) [[unlikely]] {
    decision = check_icmp_error(packet, in, icmp);
    if (!decision.verdict.is_forward()) {
      return decision;
    }
    observe(DecisionStep::kIcmpErrorIntact);
  }
  decision.verdict = admit(packet, found, in, observe);
  if (!decision.verdict.is_forward()) {
    return decision;
  }
  decision.verdict = permit();
  if (!decision.verdict.is_forward()) {
    return decision;
  }
  observe(DecisionStep::kAdmitted);
  const Replacement host = found.known.source ? found.source.apply(packet.real_key)
                                              : Replacement{packet.real_key, ChecksumDelta{}};
  const Replacement peer = found.destination.apply(packet.mapped_key);
  decision.verdict = may_leave(packet, peer.address, out);
  if (!decision.verdict.is_forward()) {
    return decision;
  }
  if (!packet.is_icmp_error()) [[likely]] {
    decision.addresses = NewAddresses::of(host, peer);
    return decision;
  }
  const auto reporter = replace_reporter(packet, found, host, out, icmp);
  if (!reporter) {
    decision.verdict = DropReason::kIcmpErrorSourceNotMapped;
    return decision;
  }
  decision.quoted = NewAddresses::of(peer, host);
  decision.addresses = NewAddresses::of(*reporter, peer);
  return decision;
}

}  // namespace natto
