#pragma once

// What `natto bench` measured, as text and as JSON. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace natto {

/// What a worker, or all of them, did in a span of time.
struct BenchWork {
  std::uint64_t received = 0;
  std::uint64_t translated = 0;
  std::uint64_t transmitted = 0;
  std::uint64_t polls = 0;
  std::uint64_t empty_polls = 0;          ///< those that found no packets
  std::uint64_t busy_cycles = 0;          ///< of the others
  std::uint64_t empty_cycles = 0;         ///< of empty polls
  std::uint64_t longest_poll_cycles = 0;  ///< since the start: no packet waits longer for a poll

  [[nodiscard]] BenchWork operator-(const BenchWork& earlier) const;
  BenchWork& operator+=(const BenchWork& other);
};

/// A port's packets and bytes, as its driver counts them.
struct BenchTraffic {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  /// As frames are counted by most drivers: without their FCS. 0: there were none.
  [[nodiscard]] double mean_bytes() const;
};

struct BenchPort {
  std::string realm;
  std::string device;
  std::string driver;
  BenchTraffic received = {};
  BenchTraffic transmitted = {};
};

struct BenchDrops {
  std::string_view reason;
  std::uint64_t packets = 0;
};

struct BenchReport {
  std::string version;
  std::string cpu;           ///< its model; empty: unknown
  std::uint64_t tsc_hz = 0;  ///< cycles a second
  double seconds = 0;
  std::vector<BenchPort> ports = {};
  std::vector<BenchWork> workers = {};
  std::vector<BenchDrops> drops = {};

  [[nodiscard]] BenchWork all() const;
  [[nodiscard]] std::uint64_t dropped() const;
};

[[nodiscard]] std::string bench_text(const BenchReport& report);
/// One object on one line; doc/api.md describes its members.
[[nodiscard]] std::string bench_json(const BenchReport& report);

/// What speaks against taking the rates for those of forwarding: a line, or nothing.
[[nodiscard]] std::string bench_warning(const BenchReport& report);

}  // namespace natto
