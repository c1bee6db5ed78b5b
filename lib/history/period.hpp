#pragma once

// What was counted from one look at the counters to the next: a line of the history. Only what
// happened is in it; counters that stood still are not.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/utc.hpp"

namespace natto {

struct TableInForce {
  std::uint64_t version = 0;  ///< counted from 1 at each start
  std::string digest = {};
  WallTime since = {};

  friend bool operator==(const TableInForce&, const TableInForce&) = default;
};

/// By name.
using Numbers = std::map<std::string, std::uint64_t>;

struct MappingCount {
  std::string name, realm, real, mapped;
  std::uint64_t from_packets = 0, from_bytes = 0;  ///< sent by the mapped host
  std::uint64_t to_packets = 0, to_bytes = 0;      ///< sent to it

  MappingCount& operator+=(const MappingCount& more) {
    from_packets += more.from_packets;
    from_bytes += more.from_bytes;
    to_packets += more.to_packets;
    to_bytes += more.to_bytes;
    return *this;
  }
};

struct RuleCount {
  std::string name, allows;         ///< as `natto show rules` says it
  std::vector<std::string> realms;  ///< that its sides are of
  std::uint64_t there_packets = 0, there_bytes = 0;
  std::uint64_t back_packets = 0, back_bytes = 0;
  std::uint64_t refused_openings = 0;

  RuleCount& operator+=(const RuleCount& more) {
    there_packets += more.there_packets;
    there_bytes += more.there_bytes;
    back_packets += more.back_packets;
    back_bytes += more.back_bytes;
    refused_openings += more.refused_openings;
    return *this;
  }
};

struct LimitCount {
  std::string name, limits;         ///< as `natto show limits` says it
  std::vector<std::string> realms;  ///< that its sides are of; none: all
  std::uint64_t passed_packets = 0, passed_bytes = 0;
  std::uint64_t over_packets = 0, over_bytes = 0;

  LimitCount& operator+=(const LimitCount& more) {
    passed_packets += more.passed_packets;
    passed_bytes += more.passed_bytes;
    over_packets += more.over_packets;
    over_bytes += more.over_bytes;
    return *this;
  }
};

struct Period {
  WallTime from = {};
  WallTime to = {};
  bool begins = false;                    ///< natto started at `from`
  bool ends = false;                      ///< natto stopped at `to`
  std::vector<TableInForce> tables = {};  ///< at any time of it, in order
  Numbers counters = {};
  Numbers drops = {};
  std::map<std::string, Numbers> ports = {};  ///< by realm
  std::vector<MappingCount> mappings = {};
  std::vector<RuleCount> rules = {};
  std::vector<LimitCount> limits = {};
};

// By what an entry is the same as another one: its name, and what it says.
[[nodiscard]] std::vector<std::string> key_of(const MappingCount& count);
[[nodiscard]] std::vector<std::string> key_of(const RuleCount& count);
[[nodiscard]] std::vector<std::string> key_of(const LimitCount& count);

/// Entries of the same become one.
void sum_up(Period& period);

/// Without its line feed.
[[nodiscard]] std::string to_line(const Period& period);
/// None if it is no such line.
[[nodiscard]] std::optional<Period> parse_period(std::string_view line);

}  // namespace natto
