#pragma once

// What one worker asks the policy of the table in force, and what it counts of it.

#include <cstdint>
#include <span>

#include "dataplane/cached_pair.hpp"
#include "packet/plain.hpp"
#include "policy/limit.hpp"
#include "policy/policy.hpp"
#include "table/rule_counters.hpp"
#include "table/translation_table.hpp"

namespace natto {

/// Used by one worker, which tells it of the table once per poll.
class PolicyGate {
 public:
  void use(const TranslationTable& table, std::size_t worker) noexcept {
    policy_ = table.policy();
    rules_ = table.rule_counters(worker);
    buckets_ = table.limit_buckets();
    shares_ = table.limit_shares(worker);
  }

  /// Whether there is a policy: without one, nothing else is asked.
  [[nodiscard]] bool exists() const noexcept { return policy_ != nullptr; }
  /// Whether who is refused gets an ICMP error.
  [[nodiscard]] bool answers() const noexcept { return policy_->answers(); }

  /// Whether the plain packet of `pair` in `frame` keeps the pair's limit at `now`, in TSC cycles.
  [[nodiscard]] bool keeps_limit(const CachedPair& pair, std::span<const std::uint8_t> frame,
                                 std::uint64_t now) const noexcept {
    if (pair.limit != CachedPair::kNoLimit) {
      LimitShare& share = shares_[pair.limit];
      if (!share.has(buckets_[pair.limit], now)) [[unlikely]] {
        return false;
      }
      share.take(static_cast<std::uint32_t>(frame.size() - kIpv4Offset));
    }
    return true;
  }

  /// What becomes of the plain packet of `pair` in `frame` that needs a closer look. If it is
  /// forwarded and the pair is complete, it is still to be counted with the pair.
  [[nodiscard]] Verdict ask(const CachedPair& pair, std::span<const std::uint8_t> frame,
                            std::uint64_t now) const noexcept;

  /// As Policy::judge.
  template <typename... Packet>
  [[nodiscard]] Policy::Judgement judge(Policy::Group source, Policy::Group destination,
                                        const Packet&... packet) const noexcept {
    return policy_->judge(source, destination, packet...);
  }

  /// Whether a packet of `bytes`, from the IPv4 header on, keeps all limits at `now`, in TSC
  /// cycles. If not, it is counted.
  [[nodiscard]] bool keeps_limits(Policy::Group source, Policy::Group destination,
                                  std::uint32_t bytes, std::uint64_t now) const noexcept;
  /// Counts a packet of `bytes` that passes, as `judgement` says.
  void count(const Policy::Judgement& judgement, Policy::Group source, Policy::Group destination,
             std::uint32_t bytes) const noexcept;

  /// A packet that may not: counts it, and returns why not.
  Verdict refuse(const Policy::Judgement& judgement) const noexcept {
    if (judgement.rule.exists()) {
      rules_[judgement.rule.index].refused_openings.add(1);
    }
    return judgement.verdict;
  }

 private:
  const Policy* policy_ = nullptr;
  RuleCounters* rules_ = nullptr;
  LimitBuckets* buckets_ = nullptr;
  LimitShare* shares_ = nullptr;
};

}  // namespace natto
