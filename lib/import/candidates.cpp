#include "import/candidates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "import/walk.hpp"

namespace natto::old_rules {
namespace {

constexpr std::size_t kLongestName = 56;  // leaves room for a number
constexpr std::size_t kLongestRealm = 32;

/// The chains that packets of a hook can reach.
std::vector<bool> reachable_from(const Ruleset& rules, Hook hook) {
  std::vector<bool> reached(rules.chains.size());
  std::vector<std::uint32_t> todo;
  for (std::uint32_t i = 0; i < rules.chains.size(); ++i) {
    if (rules.chains[i].hook == hook) {
      todo.push_back(i);
    }
  }
  while (!todo.empty()) {
    const std::uint32_t chain = todo.back();
    todo.pop_back();
    if (reached[chain]) {
      continue;
    }
    reached[chain] = true;
    for (const Rule& rule : rules.chains[chain].rules) {
      if (rule.target.kind == Target::Kind::kJump || rule.target.kind == Target::Kind::kGoto) {
        todo.push_back(rule.target.chain);
      }
    }
  }
  return reached;
}

/// The prefix that `range` is.
std::optional<Ipv4Prefix> prefix_of(const Range& range) {
  const std::uint32_t size = range.last - range.first + 1;
  if (!std::has_single_bit(size)) {
    return std::nullopt;
  }
  const Ipv4Prefix prefix{Ipv4Address::from_host(range.first),
                          static_cast<std::uint8_t>(32 - std::countr_zero(size))};
  return prefix.has_host_bits() ? std::nullopt : std::optional(prefix);
}

class Finder {
 public:
  Finder(const Ruleset& rules, std::vector<Remark>& not_carried)
      : rules_(rules), not_carried_(not_carried) {}

  std::vector<Candidate> find() {
    for (const StatedMapping& stated : rules_.mappings) {
      found_.push_back({.real = stated.real,
                        .mapped = stated.mapped,
                        .name = stated.name,
                        .place = stated.place,
                        .interface = stated.interface});
    }
    look(Hook::kPrerouting, Field::kDestination);
    look(Hook::kPostrouting, Field::kSource);
    return std::move(found_);
  }

 private:
  void look(Hook hook, Field field) {
    const std::vector<bool> reached = reachable_from(rules_, hook);
    for (std::size_t i = 0; i < reached.size(); ++i) {
      const Chain& chain = rules_.chains[i];
      for (const Rule& rule : chain.rules) {
        if (reached[i] && chain.translates) {
          take(rule, field);
        }
      }
    }
  }

  void refuse(const Rule& rule, std::string_view why) {
    if (refused_.insert({&rule, std::string(why)}).second) {
      not_carried_.push_back({rule.place, fmt::format("{}: {}", rule.text, why)});
    }
  }

  void take(const Rule& rule, Field field) {
    if (!rule.aside.empty()) {
      refuse(rule, fmt::format("{}: natto keeps ports, and gives a host the same address each time",
                               rule.aside));
    }
    if (rule.target.kind == Target::Kind::kShare) {
      return refuse(rule, rule.target.why);
    }
    if (rule.target.kind != Target::Kind::kTranslate) {
      return;
    }
    if (changes_port(rule)) {
      return refuse(rule, "it changes ports; natto translates addresses alone");
    }
    const Match* asked = nullptr;
    for (const Match& match : rule.matches) {
      if (match.field == field && !match.negated) {
        asked = &match;
      }
    }
    if (asked == nullptr) {
      return refuse(rule,
                    field == Field::kSource
                        ? "whoever sends gets one address; natto gives each sender one of its own"
                        : "it translates whatever address is sent to");
    }
    for (const Range& range : asked->ranges) {
      const auto from = prefix_of(range);
      if (!from || from->length != rule.target.to.length) {
        refuse(rule, field == Field::kSource ? "many senders share an address; natto maps 1:1"
                                             : "many addresses lead to one host; natto maps 1:1");
        continue;
      }
      add(rule, field, *from);
    }
  }

  static bool changes_port(const Rule& rule) {
    if (!rule.target.port) {
      return false;
    }
    const auto keeps = [&](const Match& match) {
      return match.field == Field::kDestinationPort && !match.negated && match.ranges.size() == 1 &&
             match.ranges[0] == Range{*rule.target.port, *rule.target.port};
    };
    return std::ranges::none_of(rule.matches, keeps);
  }

  void add(const Rule& rule, Field field, const Ipv4Prefix& from) {
    const Ipv4Prefix& real = field == Field::kSource ? from : rule.target.to;
    const Ipv4Prefix& mapped = field == Field::kSource ? rule.target.to : from;
    const auto key = std::tuple(real.address, mapped.address, real.length);
    const auto [at, is_new] = index_.try_emplace(key, found_.size());
    if (is_new) {
      found_.push_back({.real = real, .mapped = mapped});
    }
    Candidate& candidate = found_[at->second];
    (field == Field::kSource ? candidate.to_mapped : candidate.to_real).push_back(&rule);
    if (candidate.name.empty()) {
      candidate.name = rule.comment;
    }
  }

  const Ruleset& rules_;
  std::vector<Remark>& not_carried_;
  std::vector<Candidate> found_;
  std::map<std::tuple<Ipv4Address, Ipv4Address, std::uint8_t>, std::size_t> index_;
  std::set<std::pair<const Rule*, std::string>> refused_;
};

/// Behind which interface each host is, as far as the rules tell.
class Placer {
 public:
  Placer(const Ruleset& rules, const Realms& realms) : rules_(rules) {
    for (const auto& [interface, realm] : realms) {
      known_.insert(interface);
    }
    if (!known_.empty()) {
      return;
    }
    for_each_interface([this](const std::string& name) {
      if (!is_machines_own(name) && !name.ends_with('+') && !name.ends_with('*')) {
        known_.insert(name);
      }
    });
  }

  void place(Candidate& candidate) const {
    if (!candidate.interface.empty() || known_.empty()) {
      return;
    }
    if (known_.size() == 1) {
      candidate.interface = *known_.begin();
      return;
    }
    std::set<std::string> here = named_with(candidate.real);
    if (here.size() != 1) {
      // What translates to and from it names where the others are: of use also where several
      // realms have the address.
      std::set<std::string> others;
      for (const Rule* rule : candidate.to_real) {
        add_names(*rule, Field::kInInterface, others);
      }
      for (const Rule* rule : candidate.to_mapped) {
        add_names(*rule, Field::kOutInterface, others);
      }
      if (!others.empty()) {
        here.clear();
        std::ranges::set_difference(known_, others, std::inserter(here, here.end()));
      }
    }
    if (here.size() == 1) {
      candidate.interface = *here.begin();
      return;
    }
    candidate.question = fmt::format(
        "behind which interface is {}? No rule tells; if all are behind one, say so: --realm "
        "{}=NAME",
        to_string(candidate.real), *known_.begin());
  }

 private:
  template <typename Visit>
  void for_each_interface(Visit visit) const {
    for (const Chain& chain : rules_.chains) {
      for (const Rule& rule : chain.rules) {
        for (const Match& match : rule.matches) {
          for (const std::string& name : match.names) {
            visit(name);
          }
        }
      }
    }
  }

  void add_names(const Rule& rule, Field field, std::set<std::string>& names) const {
    for (const Match& match : rule.matches) {
      if (match.field == field && !match.negated) {
        std::ranges::copy_if(match.names, std::inserter(names, names.end()),
                             [this](const std::string& name) { return known_.contains(name); });
      }
    }
  }

  /// The interfaces of rules about these very addresses: -i beside -s, -o beside -d.
  [[nodiscard]] std::set<std::string> named_with(const Ipv4Prefix& real) const {
    const Range wanted = range_of(real);
    std::set<std::string> names;
    for (const Chain& chain : rules_.chains) {
      for (const Rule& rule : chain.rules) {
        for (const Match& match : rule.matches) {
          const bool source = match.field == Field::kSource;
          // Before it is translated, a destination is none of the real addresses.
          const bool destination =
              match.field == Field::kDestination && chain.hook != Hook::kPrerouting;
          const bool about =
              (source || destination) && !match.negated &&
              std::ranges::any_of(match.ranges, [&](const Range& range) {
                const bool narrow = range.last - range.first < (1U << 24U);
                return narrow && range.first <= wanted.first && wanted.last <= range.last;
              });
          if (about) {
            add_names(rule, source ? Field::kInInterface : Field::kOutInterface, names);
          }
        }
      }
    }
    return names;
  }

  const Ruleset& rules_;
  std::set<std::string> known_;
};

/// Two candidates of which a table can have only one.
void ask_about_conflicts(std::vector<Candidate>& candidates) {
  const auto ask = [&](auto side, auto same_space, std::string_view what) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      order.push_back(i);
    }
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
      const Ipv4Prefix& one = side(candidates[a]);
      const Ipv4Prefix& other = side(candidates[b]);
      return std::tuple(one.address, one.length) < std::tuple(other.address, other.length);
    });
    // Prefixes nest: those that hold an address come before it and still last.
    std::vector<std::size_t> open;
    for (const std::size_t i : order) {
      std::erase_if(
          open, [&](std::size_t o) { return !side(candidates[o]).overlaps(side(candidates[i])); });
      for (const std::size_t o : open) {
        if (same_space(candidates[o], candidates[i])) {
          const auto say = [&](Candidate& a, const Candidate& b) {
            if (a.question.empty()) {
              a.question = fmt::format("{}: {} <-> {} and {} <-> {}; which of them is to stay?",
                                       what, to_string(a.real), to_string(a.mapped),
                                       to_string(b.real), to_string(b.mapped));
            }
          };
          say(candidates[i], candidates[o]);
          say(candidates[o], candidates[i]);
        }
      }
      open.push_back(i);
    }
  };
  ask([](const Candidate& c) -> const Ipv4Prefix& { return c.real; },
      [](const Candidate& a, const Candidate& b) { return a.realm == b.realm; },
      "a host has two mapped addresses");
  ask([](const Candidate& c) -> const Ipv4Prefix& { return c.mapped; },
      [](const Candidate&, const Candidate&) { return true; },
      "a mapped address stands for two hosts");
}

/// Once some are in a realm, all must be.
void ask_for_realms(std::vector<Candidate>& candidates) {
  const bool some =
      std::ranges::any_of(candidates, [](const Candidate& c) { return !c.realm.empty(); });
  for (Candidate& candidate : candidates) {
    if (some && candidate.realm.empty() && candidate.question.empty()) {
      candidate.question = "in which realm is it? Others of the input name theirs";
    }
  }
}

}  // namespace

std::string fit_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.' || c == '-';
    if (plain || (!name.empty() && name.back() != '-')) {
      name += plain ? c : '-';
    }
  }
  name.resize(std::min(name.size(), kLongestName));
  while (name.ends_with('-')) {
    name.pop_back();
  }
  return name;
}

std::vector<Candidate> candidates_of(const Ruleset& rules, const Realms& realms,
                                     std::vector<Remark>& not_carried) {
  std::vector<Candidate> found = Finder(rules, not_carried).find();
  const Placer placer(rules, realms);
  for (Candidate& candidate : found) {
    placer.place(candidate);
    const auto named = realms.find(candidate.interface);
    candidate.realm = named == realms.end() ? fit_name(candidate.interface).substr(0, kLongestRealm)
                                            : named->second;
  }
  ask_for_realms(found);
  ask_about_conflicts(found);
  return found;
}

}  // namespace natto::old_rules
