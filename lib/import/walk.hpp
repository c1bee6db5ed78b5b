#pragma once

// What a rule set does with a packet, as netfilter would: the chains of each hook by priority, the
// first fitting rule first. A match that natto cannot judge may fit or not; where that makes a
// difference the fate is in doubt.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/rules.hpp"

namespace natto::old_rules {

/// Of a connection: its first packet, or with another state one that follows.
struct Probe {
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::optional<std::string> in = {};   ///< interface; none: it could be any
  std::optional<std::string> out = {};  ///< likewise
  std::uint8_t protocol = 17;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t tcp_flags = 0;
  std::uint8_t icmp_type = 0;
  State state = State::kNew;
  /// With these it should leave: where something is in doubt, ways that end otherwise do not
  /// matter.
  std::uint32_t wanted_source = 0;
  std::uint32_t wanted_destination = 0;
  /// What the connection's translation makes of the destination; of any state but kNew.
  std::uint32_t translated_destination = 0;
};

struct Fate {
  bool passes = false;          ///< surely, and with the addresses that were wanted
  const Rule* doubt = nullptr;  ///< what natto cannot judge, if that decides whether it passes
  std::vector<const Rule*> decided_by = {};  ///< the rules that translated and accepted it
};

/// Which rules of each chain may concern packets of one address. Saves asking the others.
struct RulesAbout {
  std::vector<std::vector<std::uint32_t>> by_chain;
};

class Walk {
 public:
  /// Keeps a reference to `rules`.
  explicit Walk(const Ruleset& rules);

  [[nodiscard]] RulesAbout about(Field field, std::uint32_t address) const;

  /// What concerns the destination before it is translated, its translation, and the source.
  struct Concerned {
    const RulesAbout* destination_before;
    const RulesAbout* destination_after;
    const RulesAbout* source;
  };
  [[nodiscard]] Fate ask(const Probe& probe, const Concerned& concerned);

  /// Rules that may be asked before the walk ends: what a person's rule set never needs.
  static constexpr std::uint64_t kMostSteps = 400'000'000;
  [[nodiscard]] bool exhausted() const noexcept { return steps_ > kMostSteps; }

 private:
  enum class End : std::uint8_t { kAccept, kDrop, kTranslate, kShare, kUntrack, kUnknown };
  struct Outcome {
    End end;
    const Target* target;  ///< of kTranslate
    bool operator==(const Outcome&) const = default;
  };
  /// All that may become of a packet in a chain.
  struct Outcomes {
    std::vector<Outcome> ends = {};
    bool falls_through = true;  ///< it may come to the end of the chain
    const Rule* doubt = nullptr;
    const Rule* last = nullptr;  ///< that ended it

    void add(Outcome outcome);
  };

  void run(std::uint32_t chain, const RulesAbout& about, unsigned depth, Outcomes& outcomes);
  [[nodiscard]] Outcomes base(std::uint32_t chain, const RulesAbout& about);
  [[nodiscard]] bool translate(std::uint32_t chain, const RulesAbout& about, Hook hook, Fate& fate,
                               bool& done);

  const Ruleset& rules_;
  std::array<std::vector<std::uint32_t>, 3> base_chains_;  ///< by hook, in their order
  std::uint64_t steps_ = 0;
  Probe packet_;  ///< as it is at this point
  bool destination_translated_ = false;
  bool source_translated_ = false;
};

/// "eth+" fits eth0.
[[nodiscard]] bool interface_fits(std::string_view pattern, std::string_view name) noexcept;

/// Of containers and virtual machines on the machine itself, and its loopback.
[[nodiscard]] bool is_machines_own(std::string_view interface) noexcept;

}  // namespace natto::old_rules
