#pragma once

// What was counted between two times: the sum of the history's periods that end there, so that the
// reports of one month and the next have everything once.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "history/period.hpp"
#include "history/sums.hpp"

namespace natto {

/// A time of which nothing is counted.
struct HistoryGap {
  WallTime from;
  WallTime to;
  bool crashed;  ///< natto did not stop as it should: what it counted last is lost
};

class EvidenceReport {
 public:
  /// Of the periods that end after `from` and not after `to`; of one realm's side only, or of all.
  EvidenceReport(WallTime from, WallTime to, std::optional<std::string> realm)
      : from_(from), to_(to), realm_(std::move(realm)) {}

  /// The next period, in the order of time; any, also others'.
  void add(const Period& period);

  [[nodiscard]] WallTime from() const { return from_; }
  [[nodiscard]] WallTime to() const { return to_; }
  [[nodiscard]] const std::optional<std::string>& realm() const { return realm_; }
  /// From when to when there is something counted; none: there is nothing.
  [[nodiscard]] const std::optional<std::pair<WallTime, WallTime>>& counted() const {
    return counted_;
  }
  [[nodiscard]] const std::vector<HistoryGap>& gaps() const { return gaps_; }
  [[nodiscard]] std::uint64_t starts() const { return starts_; }

  /// The sums. Of a realm: its mappings, the rules and limits with a side in it, and its port; none
  /// of the counters and drops, which are all realms' together.
  [[nodiscard]] const std::vector<TableInForce>& tables() const { return tables_; }
  [[nodiscard]] const Numbers& counters() const { return counters_; }
  [[nodiscard]] const Numbers& drops() const { return drops_; }
  [[nodiscard]] const std::map<std::string, Numbers>& ports() const { return ports_; }
  [[nodiscard]] std::vector<MappingCount> mappings() const;
  [[nodiscard]] std::vector<RuleCount> rules() const;
  [[nodiscard]] std::vector<LimitCount> limits() const;

 private:
  [[nodiscard]] bool has_side(const std::vector<std::string>& realms) const;

  WallTime from_;
  WallTime to_;
  std::optional<std::string> realm_;
  std::optional<std::pair<WallTime, bool>> last_end_;  ///< of a period, and whether natto stopped
  std::optional<std::pair<WallTime, WallTime>> counted_;
  std::vector<HistoryGap> gaps_;
  std::uint64_t starts_ = 0;
  std::vector<TableInForce> tables_;
  Numbers counters_;
  Numbers drops_;
  std::map<std::string, Numbers> ports_;
  // By name and what it says: what is changed is another one.
  Sums<MappingCount> mappings_;
  Sums<RuleCount> rules_;
  Sums<LimitCount> limits_;
};

/// For a person.
[[nodiscard]] std::string to_text(const EvidenceReport& report);
/// One JSON object, in a line.
[[nodiscard]] std::string to_json(const EvidenceReport& report);

}  // namespace natto
