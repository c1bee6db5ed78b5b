#pragma once

// What the record of refusals says, and when: each new flow at once, the counts of those that go on
// once a minute, and never more lines or flows than there is room for. What has no room is counted
// among the others, which have a line for each reason: the packets of all lines are all packets.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <unordered_map>
#include <vector>

#include "base/instant.hpp"
#include "packet/refused_flow.hpp"

namespace natto {

/// A line of the record.
struct Refusal {
  enum class Kind : std::uint8_t {
    kNew,     ///< the flow's first packets, as far as the record goes back
    kGoesOn,  ///< its packets since its last line
    kOthers,  ///< packets of one reason that no other line tells of
  };
  Kind kind;
  RefusedFlow flow;    ///< of kOthers the reason alone
  RefusedCount count;  ///< of kOthers the packets alone
};

/// One thread.
class RefusalLedger {
 public:
  struct Limits {
    std::size_t flows = 8192;         ///< known at once
    std::size_t new_lines = 500;      ///< a minute, beside …
    std::size_t goes_on_lines = 500;  ///< … so many for those with most packets, and the others
    Instant minute = std::chrono::minutes(1);
    Instant memory = std::chrono::minutes(10);  ///< a flow that was silent for so long is new again
  };

  explicit RefusalLedger(Instant now) : RefusalLedger(now, Limits{}) {}
  RefusalLedger(Instant now, const Limits& limits);

  /// Packets of `flow` that were not counted yet. `now` never goes back.
  void count(const RefusedFlow& flow, const RefusedCount& packets, Instant now);
  /// More packets of `reason` whose flow is not known; less, if they turned out to be known.
  void count_others(DropReason reason, std::int64_t packets) {
    others_[static_cast<std::size_t>(reason)] += packets;
  }

  /// The lines that are due at `now`, each once.
  [[nodiscard]] std::vector<Refusal> due(Instant now);
  /// Those, and those that would be due by the end of the minute.
  [[nodiscard]] std::vector<Refusal> rest();

 private:
  struct Known {
    RefusedFlow flow;
    RefusedCount untold;
    Instant last;
    bool told = false;  ///< it has had a line
  };
  using Flows = std::list<Known>;
  struct Hash {
    [[nodiscard]] std::size_t operator()(const RefusedFlowKey& key) const noexcept {
      return std::hash<std::uint64_t>{}((key.addresses ^ key.rest << 24U) * 0x9e3779b97f4a7c15U);
    }
  };

  void give_up(const RefusedFlow& flow, const RefusedCount& packets);
  [[nodiscard]] bool make_room();
  void forget_last();
  void end_minute();

  const Limits limits_;
  Flows flows_;  ///< the latest first
  std::unordered_map<RefusedFlowKey, Flows::iterator, Hash> places_;
  std::array<std::int64_t, kDropReasonCount> others_{};  ///< by reason
  std::vector<Refusal> lines_;                           ///< that are due
  std::size_t new_lines_left_;
  Instant minute_ends_;
};

}  // namespace natto
