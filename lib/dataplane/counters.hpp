#pragma once

// What happened to the packets. Every thread that handles packets has Counters of its own and is
// their only writer; anyone may read at any time. Once everything is at rest,
// received = translated + consumed + the sum of drops (F7), and what the ports transmitted is
// translated - fragmented + fragments + generated.

#include <array>
#include <cstdint>

#include "config/model.hpp"
#include "dataplane/counter.hpp"
#include "packet/drop_reasons.hpp"

namespace natto {

struct alignas(64) Counters {
  struct Port {
    Counter received;
    Counter transmitted;
  };

  Counter received;             ///< taken from a port
  Counter translated;           ///< sent on with both addresses replaced
  Counter consumed;             ///< for natto itself, which acted on it
  Counter generated;            ///< made by natto and sent
  Counter fragmented;           ///< of the translated: sent as several fragments
  Counter fragments;            ///< frames sent for those
  Counter checksums_offloaded;  ///< of the translated: computed by the port that sent them
  /// ICMP errors whose quoted header has a wrong checksum, forwarded or not (R27).
  Counter quoted_checksum_bad;
  std::array<Counter, kDropReasonCount> drops;
  std::array<Port, kMaxPorts> ports;

  void drop(DropReason reason, std::uint64_t n = 1) noexcept {
    drops[static_cast<std::size_t>(reason)].add(n);
  }
};

/// The sum over threads at one moment.
struct CounterSums {
  struct Port {
    std::uint64_t received = 0;
    std::uint64_t transmitted = 0;
  };

  std::uint64_t received = 0;
  std::uint64_t translated = 0;
  std::uint64_t consumed = 0;
  std::uint64_t generated = 0;
  std::uint64_t fragmented = 0;
  std::uint64_t fragments = 0;
  std::uint64_t checksums_offloaded = 0;
  std::uint64_t quoted_checksum_bad = 0;
  std::array<std::uint64_t, kDropReasonCount> drops{};
  std::array<Port, kMaxPorts> ports{};

  [[nodiscard]] std::uint64_t dropped() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t n : drops) {
      sum += n;
    }
    return sum;
  }

  CounterSums& operator+=(const Counters& counters) noexcept {
    received += counters.received.value();
    translated += counters.translated.value();
    consumed += counters.consumed.value();
    generated += counters.generated.value();
    fragmented += counters.fragmented.value();
    fragments += counters.fragments.value();
    checksums_offloaded += counters.checksums_offloaded.value();
    quoted_checksum_bad += counters.quoted_checksum_bad.value();
    for (std::size_t i = 0; i < drops.size(); ++i) {
      drops[i] += counters.drops[i].value();
    }
    for (std::size_t i = 0; i < ports.size(); ++i) {
      ports[i].received += counters.ports[i].received.value();
      ports[i].transmitted += counters.ports[i].transmitted.value();
    }
    return *this;
  }
};

}  // namespace natto
