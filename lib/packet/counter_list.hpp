#pragma once

// What is counted beside drops: the lists from which the counters, their sums and rates, JSON, the
// summary and the tables in doc/api.md are made.
//
// To add a counter: add a line here, count where it happens, and run scripts/docs.

#include <array>
#include <string_view>

namespace natto {

// Of all packets. X(member, unit, meaning)
// clang-format off
#define NATTO_COUNTERS(X)                                                                          \
  X(received, "packets", "taken from a port")                                                      \
  X(translated, "packets", "sent on with both addresses replaced")                                 \
  X(consumed, "packets", "for natto itself: ARP, echo requests, what the kernel got")              \
  X(generated, "packets", "made by natto (ARP, echo replies, ICMP errors) or by the kernel")       \
  X(fragmented, "packets", "of the translated, sent as several fragments")                         \
  X(fragments, "frames", "sent for those")                                                         \
  X(checksums_offloaded, "packets",                                                                \
    "of the translated, whose checksums the port that sent them computed")                         \
  X(quoted_checksum_bad, "packets",                                                                \
    "ICMP errors that quoted a header with a wrong checksum, forwarded or not")                    \
  X(checksum_half_made, "packets",                                                                 \
    "whose TCP or UDP checksum the sender's kernel left to hardware that is not there. Of packets "\
    "that come in together only the first is looked at; one right checksum in 65,535 looks so too")

// Of a port. X(member, direction, unit, meaning)
#define NATTO_PORT_COUNTERS(X)                                                                     \
  X(received, rx, "packets", "taken from the port")                                              \
  X(transmitted, tx, "packets", "that the port took to send")

// Of a port's kernel interface, written by control alone. X(member, unit, meaning)
#define NATTO_KERNEL_COUNTERS(X)                                                                   \
  X(given, "packets", "that the kernel got: consumed")                                             \
  X(taken, "frames", "that came from it and may be sent: generated, once they are sent")           \
  X(refused, "frames",                                                                             \
    "that came from it and may not: anything but unicast IPv4 and ARP requests "                   \
    "from the port's own addresses")
// clang-format on

struct CounterInfo {
  std::string_view member;
  std::string_view name;        ///< in JSON: stable
  std::string_view per_second;  ///< its rate's name in JSON: stable
  std::string_view unit;
  std::string_view meaning;
};

inline constexpr std::array kCounters = {
#define X(member, unit, meaning) \
  CounterInfo{#member, #member, #member "_per_second", unit, meaning},
    NATTO_COUNTERS(X)
#undef X
};

inline constexpr std::array kPortCounters = {
#define X(member, direction, unit, meaning) \
  CounterInfo{#member, #direction "_packets", #direction "_per_second", unit, meaning},
    NATTO_PORT_COUNTERS(X)
#undef X
};

inline constexpr std::array kKernelCounters = {
#define X(member, unit, meaning) \
  CounterInfo{#member, "kernel_" #member, "kernel_" #member "_per_second", unit, meaning},
    NATTO_KERNEL_COUNTERS(X)
#undef X
};

}  // namespace natto
