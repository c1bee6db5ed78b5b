#pragma once

// Who may talk to whom, as the packet path asks it: compiled from the rules of the mapping file
// (table/policy_compiler.hpp), never changed after. Rules only allow, so their order means nothing.
//
// Addresses that the same rules name are of one *group*. A group has the lists of the *grants* that
// name it on either side; what both groups of a packet have in common is what may allow it.

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/realm.hpp"
#include "packet/flow.hpp"
#include "packet/verdict.hpp"
#include "policy/pair_rules.hpp"

namespace natto {

class Policy {
 public:
  /// Index of a group. The first ones are the unmapped addresses of the realms.
  using Group = std::uint32_t;
  [[nodiscard]] static constexpr Group unmapped(RealmId realm) noexcept { return realm; }

  /// A rule's index in the file, and which way its grant goes.
  struct RuleOfGrant {
    static constexpr std::uint32_t kNone = UINT32_MAX >> 1U;
    std::uint32_t index : 31 = kNone;
    /// The side of `from` is asked, as the second side of `between` may ask the first.
    std::uint32_t reversed : 1 = 0;

    [[nodiscard]] constexpr bool exists() const noexcept { return index != kNone; }
  };

  /// Ports that rules open for a protocol, each with the first rule of the file that does.
  struct Range {
    std::uint32_t first;  ///< protocol << 16 | port
    std::uint32_t last;   ///< likewise
    RuleOfGrant rule;
  };
  /// All rules between the same two sets of addresses.
  struct Grant {
    std::uint32_t first_range;
    std::uint32_t ranges;  ///< ascending and disjoint
    RuleOfGrant any;       ///< the first rule that allows every protocol
  };
  /// A part of Parts::lists.
  struct List {
    std::uint32_t first = 0;
    std::uint32_t size = 0;
  };
  /// Each list is ascending.
  struct Lists {
    List from;         ///< the grants that it may use to open
    List to;           ///< the grants by which it is opened to
    List limits_from;  ///< the limits on what it sends …
    List limits_to;    ///< … and on what it gets
  };
  struct Parts {
    bool denies = false;   ///< what no rule allows
    bool answers = false;  ///< ICMP 3/13 to who is refused
    std::vector<Range> ranges = {};
    std::vector<Grant> grants = {};
    std::vector<std::uint32_t> lists = {};
    std::vector<Lists> groups = {};
  };
  explicit Policy(Parts parts) noexcept : parts_(std::move(parts)) {}

  [[nodiscard]] bool denies() const noexcept { return parts_.denies; }
  [[nodiscard]] bool answers() const noexcept { return parts_.answers; }

  /// What becomes of a packet between two groups.
  struct Judgement {
    /// forward, not_allowed or opened_by_other_side
    Verdict verdict = Verdict::forward();
    /// The first rule of the file that allows it, or that would if its side might open. None if
    /// everything is allowed, or nothing fits.
    RuleOfGrant rule = {};
    bool there = true;  ///< the packet goes from the rule's first side to its second
  };
  /// P1-P6 of doc/rfc-compliance.md. Any thread.
  [[nodiscard]] Judgement judge(Group source, Group destination, const Flow& flow) const noexcept;

  /// Of a packet that parse() forwarded from `head`. An ICMP error may pass if the packet that it
  /// quotes might, which went the other way.
  [[nodiscard]] Judgement judge(Group source, Group destination, const ParsedPacket& packet,
                                std::span<const std::uint8_t> head) const noexcept;

  /// What can be told in short of the packets of `protocol` from one group to another.
  [[nodiscard]] PairRules rules_of(Group source, Group destination,
                                   std::uint8_t protocol) const noexcept;

  /// The grants between two groups: visit(grant, the packet's source is the grant's `from`).
  template <typename Visit>
  void for_each_grant(Group source, Group destination, Visit visit) const {
    const Lists& of_source = parts_.groups[source];
    const Lists& of_destination = parts_.groups[destination];
    for_each_common(of_source.from, of_destination.to,
                    [&](std::uint32_t grant) { visit(parts_.grants[grant], true); });
    for_each_common(of_source.to, of_destination.from,
                    [&](std::uint32_t grant) { visit(parts_.grants[grant], false); });
  }
  /// Whether rules name the group on either side.
  [[nodiscard]] bool is_named(Group group) const noexcept {
    return parts_.groups[group].from.size != 0 || parts_.groups[group].to.size != 0;
  }
  /// The limits on what `source` sends to `destination`: visit(index in the file).
  template <typename Visit>
  void for_each_limit(Group source, Group destination, Visit visit) const {
    for_each_common(parts_.groups[source].limits_from, parts_.groups[destination].limits_to, visit);
  }
  [[nodiscard]] std::span<const Range> ranges(const Grant& grant) const noexcept {
    return {parts_.ranges.data() + grant.first_range, grant.ranges};
  }

 private:
  [[nodiscard]] std::span<const std::uint32_t> items(List list) const noexcept {
    return {parts_.lists.data() + list.first, list.size};
  }
  // One of them mostly has one element, or none.
  template <typename Visit>
  void for_each_common(List a, List b, Visit visit) const {
    if (a.size > b.size) {
      std::swap(a, b);
    }
    std::span<const std::uint32_t> rest = items(b);
    for (const std::uint32_t wanted : items(a)) {
      const auto found = std::ranges::lower_bound(rest, wanted);
      if (found == rest.end()) {
        return;
      }
      rest = rest.subspan(static_cast<std::size_t>(found - rest.begin()));
      if (*found == wanted) {
        visit(wanted);
      }
    }
  }
  /// The part of a grant's ranges that holds ports of `protocol`.
  [[nodiscard]] std::span<const Range> ranges(const Grant& grant,
                                              std::uint8_t protocol) const noexcept;
  [[nodiscard]] RuleOfGrant rule_for(const Grant& grant, const Flow& flow,
                                     std::uint16_t port) const noexcept;

  Parts parts_;
};

}  // namespace natto
