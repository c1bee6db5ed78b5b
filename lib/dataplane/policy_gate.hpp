#pragma once

// What one worker asks the policy of the table in force, and what it counts of it.

#include <cstdint>
#include <span>

#include "dataplane/pair_cache.hpp"
#include "packet/plain.hpp"
#include "policy/limit.hpp"
#include "policy/policy.hpp"
#include "table/rule_counters.hpp"
#include "table/translation_table.hpp"

namespace natto {

/// Used by one worker, which tells it of the table once per poll.
class PolicyGate {
 public:
  explicit PolicyGate(PairCache& pairs) noexcept : pairs_(&pairs) {}

  void use(const TranslationTable& table, std::size_t worker) noexcept {
    if (table.version() != version_) [[unlikely]] {
      version_ = table.version();
      pairs_->forget();
    }
    policy_ = table.policy();
    rules_ = table.rule_counters(worker);
    buckets_ = table.limit_buckets();
    shares_ = table.limit_shares(worker);
  }

  /// Whether there is a policy: without one, nothing else is asked.
  [[nodiscard]] bool exists() const noexcept { return policy_ != nullptr; }
  /// Whether who is refused gets an ICMP error.
  [[nodiscard]] bool answers() const noexcept { return policy_->answers(); }

  /// What is remembered of pairs.
  [[nodiscard]] PairCache::Reader pairs() const noexcept { return pairs_->reader(); }

  /// Whether `pair` lets the plain packet in `frame` pass, at `now` in TSC cycles; counts it then.
  /// If not, the whole policy is to be asked.
  [[nodiscard]] bool pass(const CachedPair& pair, std::span<const std::uint8_t> frame,
                          std::uint64_t now) const noexcept {
    if (!pair.allows(frame)) [[unlikely]] {
      return false;
    }
    const std::uint32_t bytes = static_cast<std::uint32_t>(frame.size() - kIpv4Offset);
    if (pair.limit != CachedPair::kNoLimit) [[unlikely]] {
      LimitShare& share = shares_[pair.limit];
      if (!share.has(buckets_[pair.limit], now)) [[unlikely]] {
        return false;
      }
      share.take(bytes);
    }
    pair.counters->count(1, bytes);
    return true;
  }

  /// What becomes of the plain packet in `frame`, of whose pair nothing is known (null), or not
  /// that it may pass; counts it.
  [[nodiscard]] Verdict ask(Policy::Group source, Policy::Group destination, const CachedPair* pair,
                            std::span<const std::uint8_t> frame, std::uint64_t now) const noexcept;

  /// As Policy::judge.
  template <typename... Packet>
  [[nodiscard]] Policy::Judgement judge(Policy::Group source, Policy::Group destination,
                                        const Packet&... packet) const noexcept {
    return policy_->judge(source, destination, packet...);
  }

  /// A packet of `bytes`, from the IPv4 header on, that may pass as `judgement` says, at `now` in
  /// TSC cycles: counts it, or drops it as over_limit.
  [[nodiscard]] Verdict pass(const Policy::Judgement& judgement, Policy::Group source,
                             Policy::Group destination, std::uint32_t bytes,
                             std::uint64_t now) const noexcept;

  /// A packet that may not: counts it, and returns why not.
  Verdict refuse(const Policy::Judgement& judgement) const noexcept {
    if (judgement.rule.exists()) {
      rules_[judgement.rule.index].refused_openings.add(1);
    }
    return judgement.verdict;
  }

 private:
  void remember(Policy::Group source, Policy::Group destination,
                std::uint8_t protocol) const noexcept;

  PairCache* pairs_;
  std::uint64_t version_ = 0;  ///< of the table; 0: none yet
  const Policy* policy_ = nullptr;
  RuleCounters* rules_ = nullptr;
  LimitBuckets* buckets_ = nullptr;
  LimitShare* shares_ = nullptr;
};

}  // namespace natto
