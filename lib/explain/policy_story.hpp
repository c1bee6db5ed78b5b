#pragma once

// What the policy says of a packet, told for a person: the rule that allows it, or the nearest one
// and what in it does not fit.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/model.hpp"
#include "packet/parse.hpp"
#include "policy/policy.hpp"
#include "table/mapping.hpp"

namespace natto {

struct PolicyStory {
  Verdict verdict = Verdict::forward();
  std::string rule = {};                ///< that allows it; empty if none need or does
  std::vector<std::string> steps = {};  ///< lines for a person
};

class PolicyNarrator {
 public:
  /// `table` has a policy; both outlive it.
  PolicyNarrator(const MappingTable& table, const Config& config) noexcept
      : table_(table), config_(config) {}

  /// As Policy::judge.
  [[nodiscard]] PolicyStory tell(Policy::Group source, Policy::Group destination,
                                 const ParsedPacket& packet,
                                 std::span<const std::uint8_t> head) const;

  /// The rule that fits `flow`, perhaps for the other side alone, or else the nearest one; null if
  /// none names the two together.
  [[nodiscard]] const AllowRule* nearest(Policy::Group source, Policy::Group destination,
                                         const Flow& flow) const;

 private:
  /// A rule that does not fit a flow.
  struct Miss {
    const AllowRule* rule;  ///< null: there is none
    bool answers;           ///< it lets the other side open
  };
  [[nodiscard]] Miss nearest_miss(Policy::Group source, Policy::Group destination,
                                  const Flow& flow) const;
  [[nodiscard]] std::string describe_miss(Policy::Group source, Policy::Group destination,
                                          const Flow& flow) const;
  [[nodiscard]] std::string cite(const AllowRule& rule) const;

  const MappingTable& table_;
  const Config& config_;
};

}  // namespace natto
