#pragma once

// What the rules say of two groups and one protocol, in so little that a worker can keep it beside
// the pair: enough for nearly all pairs of nearly all tables.

#include <array>
#include <cstdint>

namespace natto {

/// Some of the ports.
struct PortSpan {
  std::uint16_t first;
  std::uint16_t count;

  /// Negative if the port is one of them: so two spans are asked without a branch.
  [[nodiscard]] constexpr std::int32_t distance(std::uint16_t port) const noexcept {
    return std::int32_t{static_cast<std::uint16_t>(port - first)} - std::int32_t{count};
  }
};

/// Of whole packets of one protocol, not ICMP, from one group to another.
struct PairRules {
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::array<PortSpan, 2> kNoPort = {};
  static constexpr std::array<PortSpan, 2> kAnyPort = {{{0, UINT16_MAX}, {UINT16_MAX, 1}}};

  /// Whether this is all that the rules and limits say. Or else it means nothing.
  bool complete = false;
  /// Packets with these ports are allowed …
  std::array<PortSpan, 2> ports = kNoPort;
  /// … of the destination, which the source opens to; or of the source, which answers.
  bool source_opens = true;
  std::uint32_t rule = kNone;   ///< that allows them, by its index; none: no rule is needed
  bool there = true;            ///< they go from the rule's first side to its second
  std::uint32_t limit = kNone;  ///< the only one that holds for them
};

}  // namespace natto
