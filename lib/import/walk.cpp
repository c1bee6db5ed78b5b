#include "import/walk.hpp"

#include <algorithm>
#include <utility>

#include "packet/flow.hpp"
#include "packet/wire.hpp"

namespace natto::old_rules {
namespace {

constexpr unsigned kDeepestJump = 16;

enum class Fit : std::uint8_t { kNo, kMaybe, kYes };

Fit fit_of(bool fits) { return fits ? Fit::kYes : Fit::kNo; }

bool any_of(const std::vector<Range>& ranges, std::uint32_t value) {
  const auto after = std::ranges::upper_bound(ranges, value, {}, &Range::first);
  // Ranges may overlap, so the last that begins before is not the only one that may hold it.
  return std::any_of(ranges.begin(), after,
                     [value](const Range& range) { return range.contains(value); });
}

Fit fits_interface(const Match& match, const std::optional<std::string>& interface) {
  const auto fits = [&](const std::string& pattern) {
    return interface ? interface_fits(pattern, *interface) : !is_machines_own(pattern);
  };
  const bool some = std::ranges::any_of(match.names, fits);
  return interface || !some ? fit_of(some) : Fit::kMaybe;
}

Fit fits(const Match& match, const Probe& packet, bool destination_translated,
         bool source_translated) {
  switch (match.field) {
    case Field::kSource:
      return fit_of(any_of(match.ranges, packet.source));
    case Field::kDestination:
      return fit_of(any_of(match.ranges, packet.destination));
    case Field::kInInterface:
      return fits_interface(match, packet.in);
    case Field::kOutInterface:
      return fits_interface(match, packet.out);
    case Field::kProtocol:
      return fit_of(any_of(match.ranges, packet.protocol));
    case Field::kSourcePort:
      return fit_of(has_ports(packet.protocol) && any_of(match.ranges, packet.source_port));
    case Field::kDestinationPort:
      return fit_of(has_ports(packet.protocol) && any_of(match.ranges, packet.destination_port));
    case Field::kState:
      return fit_of(any_of(match.ranges, static_cast<std::uint32_t>(packet.state)));
    case Field::kTcpFlags:
      return fit_of(packet.protocol == protocol::kTcp &&
                    std::ranges::any_of(match.ranges, [&](const Range& flags) {
                      return (packet.tcp_flags & flags.first) == flags.last;
                    }));
    case Field::kIcmpType:
      return fit_of(packet.protocol == protocol::kIcmp && any_of(match.ranges, packet.icmp_type));
    case Field::kTranslated:
      return fit_of((destination_translated && any_of(match.ranges, 1)) ||
                    (source_translated && any_of(match.ranges, 2)));
    case Field::kUnknown:
      return Fit::kMaybe;
  }
  return Fit::kMaybe;
}

Fit negate(Fit fit) { return fit == Fit::kMaybe ? fit : fit_of(fit == Fit::kNo); }

}  // namespace

bool interface_fits(std::string_view pattern, std::string_view name) noexcept {
  if (pattern.ends_with('+') || pattern.ends_with('*')) {
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
  }
  return pattern == name;
}

bool is_machines_own(std::string_view interface) noexcept {
  constexpr std::array<std::string_view, 9> kBegins = {"docker", "br-",    "virbr", "veth",   "cni",
                                                       "cali",   "podman", "lxc",   "flannel"};
  return interface == "lo" || std::ranges::any_of(kBegins, [&](std::string_view begin) {
           return interface.starts_with(begin);
         });
}

void Walk::Outcomes::add(Outcome outcome) {
  if (std::ranges::find(ends, outcome) == ends.end()) {
    ends.push_back(outcome);
  }
}

Walk::Walk(const Ruleset& rules) : rules_(rules) {
  for (std::uint32_t i = 0; i < rules.chains.size(); ++i) {
    if (const auto hook = rules.chains[i].hook) {
      base_chains_[static_cast<std::size_t>(*hook)].push_back(i);
    }
  }
  for (auto& chains : base_chains_) {
    std::ranges::stable_sort(chains, {}, [&](std::uint32_t i) { return rules.chains[i].priority; });
  }
}

RulesAbout Walk::about(Field field, std::uint32_t address) const {
  RulesAbout found;
  found.by_chain.resize(rules_.chains.size());
  for (std::size_t c = 0; c < rules_.chains.size(); ++c) {
    const std::vector<Rule>& rules = rules_.chains[c].rules;
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
      const bool may_fit = std::ranges::all_of(rules[i].matches, [&](const Match& match) {
        return match.field != field || any_of(match.ranges, address) != match.negated;
      });
      if (may_fit) {
        found.by_chain[c].push_back(i);
      }
    }
  }
  return found;
}

// Follows every way that the packet may take; each rule once.
void Walk::run(std::uint32_t chain, const RulesAbout& about, unsigned depth, Outcomes& outcomes) {
  bool may_return = false;  // some way led back to the caller
  for (const std::uint32_t index : about.by_chain[chain]) {
    if (++steps_ > kMostSteps || depth > kDeepestJump) {
      outcomes.doubt = &rules_.chains[chain].rules[index];
      outcomes.add({End::kUnknown, nullptr});
      return;
    }
    const Rule& rule = rules_.chains[chain].rules[index];
    Fit all = Fit::kYes;
    for (const Match& match : rule.matches) {
      const Fit one = fits(match, packet_, destination_translated_, source_translated_);
      all = std::min(all, match.negated ? negate(one) : one);
      if (all == Fit::kNo) {
        break;
      }
    }
    const Target& target = rule.target;
    if (all == Fit::kNo || target.kind == Target::Kind::kContinue) {
      continue;
    }
    if (all == Fit::kMaybe && outcomes.doubt == nullptr) {
      outcomes.doubt = &rule;
    }
    const bool ends = target.kind != Target::Kind::kJump && target.kind != Target::Kind::kGoto &&
                      target.kind != Target::Kind::kReturn;
    outcomes.last = ends ? &rule : outcomes.last;
    switch (target.kind) {
      case Target::Kind::kAccept:
        outcomes.add({End::kAccept, nullptr});
        break;
      case Target::Kind::kDrop:
        outcomes.add({End::kDrop, nullptr});
        break;
      case Target::Kind::kTranslate:
        outcomes.add({End::kTranslate, &target});
        break;
      case Target::Kind::kShare:
        outcomes.add({End::kShare, nullptr});
        break;
      case Target::Kind::kUntrack:
        outcomes.add({End::kUntrack, nullptr});
        break;
      case Target::Kind::kUnknown:
        outcomes.doubt = outcomes.doubt == nullptr ? &rule : outcomes.doubt;
        outcomes.add({End::kUnknown, nullptr});
        break;
      case Target::Kind::kReturn:
        if (all == Fit::kYes) {
          outcomes.falls_through = true;
          return;
        }
        may_return = true;
        continue;
      case Target::Kind::kJump:
      case Target::Kind::kGoto: {
        run(target.chain, about, depth + 1, outcomes);
        const bool comes_back = outcomes.falls_through;
        if (all == Fit::kYes && (target.kind == Target::Kind::kGoto || !comes_back)) {
          outcomes.falls_through = comes_back || may_return;
          return;
        }
        may_return |= comes_back && target.kind == Target::Kind::kGoto;
        continue;
      }
      case Target::Kind::kContinue:
        break;
    }
    if (all == Fit::kYes) {
      outcomes.falls_through = may_return;
      return;
    }
  }
  outcomes.falls_through = true;
}

Walk::Outcomes Walk::base(std::uint32_t chain, const RulesAbout& about) {
  Outcomes outcomes;
  run(chain, about, 0, outcomes);
  if (outcomes.falls_through) {
    outcomes.add({rules_.chains[chain].drops ? End::kDrop : End::kAccept, nullptr});
  }
  return outcomes;
}

// False: the packet does not leave as it should, whatever is in doubt.
bool Walk::translate(std::uint32_t chain, const RulesAbout& about, Hook hook, Fate& fate,
                     bool& done) {
  const Outcomes outcomes = base(chain, about);
  const bool of_source = hook == Hook::kPostrouting;
  std::uint32_t& address = of_source ? packet_.source : packet_.destination;
  const std::uint32_t wanted = of_source ? packet_.wanted_source : packet_.wanted_destination;
  const std::uint16_t port = of_source ? packet_.source_port : packet_.destination_port;
  const auto is_wanted = [&](const Outcome& outcome) {
    return outcome.end == End::kTranslate
               ? outcome.target->to.with_host_bits_of(Ipv4Address::from_host(address)).host() ==
                         wanted &&
                     outcome.target->port.value_or(port) == port
               : outcome.end == End::kAccept;
  };
  const auto unknown = [](const Outcome& outcome) { return outcome.end == End::kUnknown; };
  const auto found = std::ranges::find_if(outcomes.ends, is_wanted);
  if (found == outcomes.ends.end() && std::ranges::none_of(outcomes.ends, unknown)) {
    return false;
  }
  if (outcomes.ends.size() > 1 || found == outcomes.ends.end()) {
    fate.doubt = fate.doubt == nullptr ? outcomes.doubt : fate.doubt;
  }
  if (found == outcomes.ends.end()) {
    address = wanted;
    done = true;
  } else if (found->end == End::kTranslate) {
    address = wanted;
    done = true;
    fate.decided_by.push_back(outcomes.last);
  }
  if (done) {
    (of_source ? source_translated_ : destination_translated_) = true;
  }
  return true;
}

Fate Walk::ask(const Probe& probe, const Concerned& concerned) {
  packet_ = probe;
  packet_.out.reset();
  const bool follows = probe.state != State::kNew;
  destination_translated_ = source_translated_ = follows;
  Fate fate;
  for (std::size_t hook = 0; hook < base_chains_.size(); ++hook) {
    const bool before = hook == static_cast<std::size_t>(Hook::kPrerouting);
    const bool after = hook == static_cast<std::size_t>(Hook::kPostrouting);
    if (!before) {
      packet_.out = probe.out;
    }
    if (hook == static_cast<std::size_t>(Hook::kForward) && follows) {
      packet_.destination = probe.translated_destination;
    }
    bool translated = follows;
    for (const std::uint32_t chain : base_chains_[hook]) {
      const RulesAbout& about = after    ? *concerned.source
                                : before ? *concerned.destination_before
                                         : *concerned.destination_after;
      if (rules_.chains[chain].translates) {
        if (!translated && !translate(chain, about, static_cast<Hook>(hook), fate, translated)) {
          return {};
        }
        continue;
      }
      // Behind the translation the rules about the address before it are the wrong ones.
      const bool moved = (before && destination_translated_) || (after && source_translated_);
      RulesAbout fresh;
      if (moved && !follows) {
        fresh = before ? this->about(Field::kDestination, packet_.destination)
                       : this->about(Field::kSource, packet_.source);
      }
      const Outcomes outcomes = base(chain, moved && !follows ? fresh : about);
      const auto drops = [](const Outcome& outcome) { return outcome.end == End::kDrop; };
      if (std::ranges::all_of(outcomes.ends, drops)) {
        return {};
      }
      if (outcomes.last != nullptr) {
        fate.decided_by.push_back(outcomes.last);
      }
      const auto accepts = [](const Outcome& outcome) { return outcome.end == End::kAccept; };
      if (!std::ranges::all_of(outcomes.ends, accepts)) {
        if (outcomes.ends.size() == 1 && outcomes.ends[0].end != End::kUnknown) {
          return {};  // not tracked: it is not translated
        }
        fate.doubt = fate.doubt == nullptr ? outcomes.doubt : fate.doubt;
      }
    }
  }
  const bool as_wanted = follows || (packet_.source == probe.wanted_source &&
                                     packet_.destination == probe.wanted_destination);
  if (!as_wanted) {
    return {};
  }
  fate.passes = fate.doubt == nullptr;
  return fate;
}

}  // namespace natto::old_rules
