#include "import/analysis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "config/address_checks.hpp"
#include "import/candidates.hpp"
#include "import/services.hpp"
#include "import/walk.hpp"
#include "packet/wire.hpp"

namespace natto::old_rules {
namespace {

constexpr std::size_t kMostPieces = 4096;

/// What the rules do with a service between two hosts.
enum class Answer : char {
  kNo = '0',
  kYes = '1',
  kDoubt = '2',       ///< something that natto cannot judge decides
  kSourcePort = '3',  ///< only from some source ports
  kEchoOnly = '4',    ///< of ICMP's queries
  kOneWay = '5',      ///< no answer would come back
};

/// Addresses of a mapping that all rules treat alike.
struct AlikePart {
  std::size_t mapping;  ///< index of the table's
  std::string endpoint;
  std::uint32_t real;    ///< the first
  std::uint32_t mapped;  ///< likewise
  std::optional<std::string> interface;
  RulesAbout as_destination_before = {};
  RulesAbout as_destination_after = {};
  RulesAbout as_source = {};
};

class Analysis {
 public:
  Analysis(const Ruleset& rules, const Realms& realms)
      : rules_(rules), realms_(realms), walk_(rules), services_(services_of(rules)) {}

  Result<ImportedTable> run() {
    table_.not_carried = rules_.not_carried;
    candidates_ = candidates_of(rules_, realms_, table_.not_carried);
    for (Candidate& candidate : candidates_) {
      add_mapping(candidate);
    }
    table_.has_policy = rules_.dialect == Dialect::kIptables || rules_.dialect == Dialect::kNft;
    if (table_.has_policy) {
      if (const Status status = add_parts(); !status) {
        return status.error();
      }
      ask_all();
      if (walk_.exhausted()) {
        return input_error(
            "there are too many rules and addresses to compare each with each; import a part of "
            "them");
      }
      make_rules();
      settle_mappings();
      make_notes();
    }
    return std::move(table_);
  }

 private:
  std::string unique(std::string name, std::set<std::string>& taken) {
    const std::string stem = name;
    for (unsigned i = 2; !taken.insert(name).second; ++i) {
      name = fmt::format("{}-{}", stem, i);
    }
    return name;
  }

  void add_mapping(const Candidate& candidate) {
    std::string name = fit_name(candidate.name);
    if (name.empty()) {
      name = fit_name("host-" + to_string(candidate.real));
    }
    ImportedMapping mapping{.name = unique(std::move(name), mapping_names_),
                            .realm = candidate.realm,
                            .real = candidate.real,
                            .mapped = candidate.mapped,
                            .places = {},
                            .question = candidate.question};
    if (!candidate.place.empty()) {
      mapping.places.push_back(candidate.place);
    }
    for (const auto* rules : {&candidate.to_real, &candidate.to_mapped}) {
      for (const Rule* rule : *rules) {
        mapping.places.push_back(rule->place);
      }
    }
    for (const Ipv4Prefix& side : {mapping.real, mapping.mapped}) {
      if (const std::string error = reserved_error(side);
          !error.empty() && mapping.question.empty()) {
        mapping.question = error + ". What was meant?";
      }
    }
    table_.mappings.push_back(std::move(mapping));
  }

  /// Where some rule about addresses begins or ends.
  [[nodiscard]] std::set<std::uint32_t> address_cuts() const {
    std::set<std::uint32_t> cuts;
    for (const Chain& chain : rules_.chains) {
      for (const Rule& rule : chain.rules) {
        for (const Match& match : rule.matches) {
          if (match.field == Field::kSource || match.field == Field::kDestination) {
            for (const Range& range : match.ranges) {
              cuts.insert(range.first);
              cuts.insert(range.last + 1);
            }
          }
        }
      }
    }
    return cuts;
  }

  Status add_parts() {
    const std::set<std::uint32_t> cuts = address_cuts();
    for (std::size_t i = 0; i < table_.mappings.size(); ++i) {
      const ImportedMapping& mapping = table_.mappings[i];
      if (!mapping.question.empty()) {
        continue;
      }
      std::set<std::uint32_t> offsets = {0};
      for (const Ipv4Prefix& side : {mapping.real, mapping.mapped}) {
        const Range range = range_of(side);
        for (auto cut = cuts.lower_bound(range.first); cut != cuts.end() && *cut <= range.last;
             ++cut) {
          offsets.insert(*cut - range.first);
        }
      }
      add_parts(i, offsets);
      if (parts_.size() > kMostPieces) {
        return input_error(
            fmt::format("there are more than {} hosts and parts of networks to compare; import a "
                        "part of the rules",
                        kMostPieces));
      }
    }
    for (AlikePart& part : parts_) {
      part.as_destination_before = walk_.about(Field::kDestination, part.mapped);
      part.as_destination_after = walk_.about(Field::kDestination, part.real);
      part.as_source = walk_.about(Field::kSource, part.real);
    }
    return Done{};
  }

  void add_parts(std::size_t index, const std::set<std::uint32_t>& offsets) {
    const ImportedMapping& mapping = table_.mappings[index];
    const std::uint64_t size = mapping.real.addresses();
    const std::string& interface = candidates_[index].interface;
    const std::uint32_t real = mapping.real.first().host();
    const std::uint32_t mapped = mapping.mapped.first().host();
    for (auto begin = offsets.begin(); begin != offsets.end() && parts_.size() <= kMostPieces;
         ++begin) {
      const std::uint64_t end = std::next(begin) == offsets.end() ? size : *std::next(begin);
      // A rule of the policy names prefixes.
      for (std::uint64_t at = *begin; at < end && parts_.size() <= kMostPieces;) {
        const std::uint64_t aligned = at == 0 ? size : at & (~at + 1);
        const std::uint64_t length = std::min(aligned, std::bit_floor(end - at));
        const Ipv4Prefix prefix{Ipv4Address::from_host(real + static_cast<std::uint32_t>(at)),
                                static_cast<std::uint8_t>(32 - std::countr_zero(length))};
        const std::string named = mapping.realm.empty()
                                      ? to_string(prefix)
                                      : fmt::format("{}:{}", mapping.realm, to_string(prefix));
        parts_.push_back(
            {.mapping = index,
             .endpoint = length == size ? mapping.name : named,
             .real = real + static_cast<std::uint32_t>(at),
             .mapped = mapped + static_cast<std::uint32_t>(at),
             .interface = interface.empty() ? std::nullopt : std::optional(interface)});
        at += length;
      }
    }
  }

  // What the rules do between two parts.

  void ask_all() {
    for (std::size_t from = 0; from < parts_.size(); ++from) {
      for (std::size_t to = 0; to < parts_.size() && !walk_.exhausted(); ++to) {
        ask_pair(from, to);
      }
    }
  }

  struct Pair {
    std::string answers;  ///< an Answer for each service
    const Rule* doubt = nullptr;
    std::set<const Rule*> decided_by = {};
  };

  void ask_pair(std::size_t from, std::size_t to) {
    Pair pair;
    bool some = false;
    for (const Service& service : services_.all) {
      const Answer answer = ask(parts_[from], parts_[to], service, pair);
      pair.answers += static_cast<char>(answer);
      some |= answer != Answer::kNo;
    }
    if (some) {
      pairs_.emplace(std::pair(from, to), std::move(pair));
    }
  }

  Answer ask(const AlikePart& from, const AlikePart& to, const Service& service, Pair& pair) {
    std::set<Answer> answers;
    for (const std::uint16_t source_port : services_.source_ports) {
      answers.insert(ask_one(from, to, service, source_port, 8, pair));
    }
    if (answers.size() > 1) {
      return answers.contains(Answer::kDoubt) ? Answer::kDoubt : Answer::kSourcePort;
    }
    if (*answers.begin() == Answer::kYes && service.protocol == protocol::kIcmp) {
      constexpr std::uint8_t kTimestamp = 13;
      const Answer other = ask_one(from, to, service, 0, kTimestamp, pair);
      return other == Answer::kNo ? Answer::kEchoOnly : other;
    }
    return *answers.begin();
  }

  Answer ask_one(const AlikePart& from, const AlikePart& to, const Service& service,
                 std::uint16_t source_port, std::uint8_t icmp_type, Pair& pair) {
    constexpr std::uint8_t kSyn = 2;
    constexpr std::uint8_t kAck = 16;
    const auto port = static_cast<std::uint16_t>(service.ports.last);
    const Probe first{.source = from.real,
                      .destination = to.mapped,
                      .in = from.interface,
                      .out = to.interface,
                      .protocol = service.protocol,
                      .source_port = source_port,
                      .destination_port = port,
                      .tcp_flags = service.protocol == protocol::kTcp ? kSyn : std::uint8_t{0},
                      .icmp_type = icmp_type,
                      .wanted_source = from.mapped,
                      .wanted_destination = to.real};
    const Fate fate = walk_.ask(first, {.destination_before = &to.as_destination_before,
                                        .destination_after = &to.as_destination_after,
                                        .source = &from.as_source});
    if (fate.doubt != nullptr) {
      pair.doubt = pair.doubt == nullptr ? fate.doubt : pair.doubt;
      return Answer::kDoubt;
    }
    if (!fate.passes) {
      return Answer::kNo;
    }
    const Probe back{.source = to.real,
                     .destination = from.mapped,
                     .in = to.interface,
                     .out = from.interface,
                     .protocol = service.protocol,
                     .source_port = port,
                     .destination_port = source_port,
                     .tcp_flags = service.protocol == protocol::kTcp ? kAck : std::uint8_t{0},
                     .icmp_type = static_cast<std::uint8_t>(icmp_type == 8 ? 0 : icmp_type + 1),
                     .state = State::kEstablished,
                     .translated_destination = from.real};
    const Fate answer = walk_.ask(back, {.destination_before = &from.as_destination_before,
                                         .destination_after = &from.as_destination_after,
                                         .source = &to.as_source});
    if (answer.doubt != nullptr) {
      pair.doubt = pair.doubt == nullptr ? answer.doubt : pair.doubt;
      return Answer::kDoubt;
    }
    if (!answer.passes) {
      return Answer::kOneWay;
    }
    pair.decided_by.insert(fate.decided_by.begin(), fate.decided_by.end());
    pair.decided_by.insert(answer.decided_by.begin(), answer.decided_by.end());
    return Answer::kYes;
  }

  // Pairs with the same answers as few rules.

  using Members = std::vector<std::size_t>;
  struct Group {
    Members from;
    Members to;
    std::string answers;
    const Rule* doubt;
    std::set<const Rule*> decided_by;
  };

  [[nodiscard]] std::vector<Group> groups() const {
    using Kind = std::pair<std::string, std::string>;  // the answers, and where the doubt is
    struct Collected {
      Members to;
      const Rule* doubt = nullptr;
      std::set<const Rule*> decided_by;
    };
    std::map<std::pair<std::size_t, Kind>, Collected> by_sender;
    for (const auto& [ends, pair] : pairs_) {
      Collected& of =
          by_sender[{ends.first, {pair.answers, pair.doubt == nullptr ? "" : pair.doubt->place}}];
      of.to.push_back(ends.second);
      of.doubt = pair.doubt;
      of.decided_by.insert(pair.decided_by.begin(), pair.decided_by.end());
    }
    std::map<std::pair<Members, Kind>, std::size_t> index;
    std::vector<Group> groups;
    for (const auto& [key, of] : by_sender) {
      const auto [at, is_new] = index.try_emplace({of.to, key.second}, groups.size());
      if (is_new) {
        groups.push_back({.from = {},
                          .to = of.to,
                          .answers = key.second.first,
                          .doubt = of.doubt,
                          .decided_by = {}});
      }
      groups[at->second].from.push_back(key.first);
      groups[at->second].decided_by.insert(of.decided_by.begin(), of.decided_by.end());
    }
    return groups;
  }

  void make_rules() {
    std::vector<Group> all = groups();
    std::vector<bool> done(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (done[i] || (all[i].from.size() == 1 && all[i].to == all[i].from)) {
        continue;  // a host and itself
      }
      bool between = false;
      if (all[i].from.size() == 1 && all[i].to.size() == 1) {
        for (std::size_t j = i + 1; j < all.size(); ++j) {
          if (all[j].from == all[i].to && all[j].to == all[i].from &&
              all[j].answers == all[i].answers) {
            between = done[j] = true;
            all[i].decided_by.insert(all[j].decided_by.begin(), all[j].decided_by.end());
          }
        }
      }
      add_rules(all[i], between);
    }
  }

  void add_rules(const Group& group, bool between) {
    open(group, Answer::kYes, between, "");
    const std::string doubt = group.doubt == nullptr
                                  ? ""
                                  : fmt::format("{}, {}: {}", group.doubt->place, group.doubt->text,
                                                question_of(*group.doubt));
    open(group, Answer::kDoubt, between, doubt);
    open(group, Answer::kEchoOnly, between,
         "the rules pass echo requests alone; with this also ICMP's other queries (timestamp). Is "
         "that wanted?");
    if (!is_way_back(group)) {
      open(group, Answer::kSourcePort, between,
           "the rules pass it from some source ports only; with this from every one. Is that "
           "wanted?");
    }
    open(group, Answer::kOneWay, between,
         "the rules pass no answer; with this answers pass as well. Is that wanted?");
  }

  /// What passes from some source ports is the way back of what the other side opens.
  [[nodiscard]] bool is_way_back(const Group& group) const {
    return std::ranges::all_of(group.from, [&](std::size_t from) {
      return std::ranges::all_of(group.to, [&](std::size_t to) {
        const auto other = pairs_.find({to, from});
        return other != pairs_.end() &&
               other->second.answers.find(static_cast<char>(Answer::kYes)) != std::string::npos;
      });
    });
  }

  static std::string question_of(const Rule& rule) {
    for (const Match& match : rule.matches) {
      if (match.field == Field::kUnknown) {
        return match.question;
      }
      if (match.field == Field::kInInterface || match.field == Field::kOutInterface) {
        return fmt::format("are these hosts behind {}? Say so with --realm",
                           fmt::join(match.names, ", "));
      }
    }
    return rule.target.why.empty() ? "does it fit?" : rule.target.why;
  }

  void open(const Group& group, Answer wanted, bool between, const std::string& question) {
    std::vector<bool> chosen;
    for (const char answer : group.answers) {
      chosen.push_back(answer == static_cast<char>(wanted));
    }
    if (std::ranges::find(chosen, true) == chosen.end()) {
      return;
    }
    bool left_out = false;
    for (const Opening& opening : openings_of(services_, chosen, left_out)) {
      ImportedRule rule{.name = {},
                        .from = endpoints(group.from),
                        .to = endpoints(group.to),
                        .between = between,
                        .protocols = opening.protocols,
                        .ports = opening.ports,
                        .places = {},
                        .question = question};
      rule.name = unique(name_of(rule), rule_names_);
      for (const Rule* decided : group.decided_by) {
        rule.places.push_back(decided->place);
      }
      // "line 9" before "line 10".
      std::ranges::sort(rule.places, {},
                        [](const std::string& place) { return std::pair(place.size(), place); });
      table_.rules.push_back(std::move(rule));
    }
    if (left_out && question.empty()) {
      table_.differences.push_back({table_.rules.empty() ? "" : "rule " + table_.rules.back().name,
                                    "the rules pass protocols that they do not name; the table "
                                    "opens those alone that they name"});
    }
  }

  [[nodiscard]] std::vector<std::string> endpoints(const Members& members) const {
    std::vector<std::string> names;
    for (const std::size_t member : members) {
      names.push_back(parts_[member].endpoint);
    }
    return names;
  }

  static std::string name_of(const ImportedRule& rule) {
    std::string name =
        rule.from.size() == 1 && rule.to.size() == 1
            ? fmt::format("{}{}{}", fit_name(rule.from[0]).substr(0, 20),
                          rule.between ? "-and-" : "-to-", fit_name(rule.to[0]).substr(0, 20))
            : "rule";
    if (!rule.ports.empty() && !rule.protocols.empty()) {
      name += fmt::format("-{}-{}", rule.protocols[0], rule.ports[0]);
    } else if (!rule.protocols.empty()) {
      name += "-" + rule.protocols[0];
    }
    return fit_name(name);
  }

  // What of the mappings is certain.

  void settle_mappings() {
    std::vector<bool> used(table_.mappings.size());
    std::vector<bool> in_doubt(table_.mappings.size());
    for (const auto& [ends, pair] : pairs_) {
      if (ends.first != ends.second) {
        const bool sure = pair.answers.find(static_cast<char>(Answer::kYes)) != std::string::npos;
        std::vector<bool>& kind = sure ? used : in_doubt;
        kind[parts_[ends.first].mapping] = kind[parts_[ends.second].mapping] = true;
      }
    }
    std::set<std::string> unsure;
    for (std::size_t i = 0; i < used.size(); ++i) {
      const Candidate& candidate = candidates_[i];
      ImportedMapping& mapping = table_.mappings[i];
      if (used[i] || !mapping.question.empty()) {
        continue;
      }
      const bool both_ways = !candidate.to_real.empty() && !candidate.to_mapped.empty();
      if (in_doubt[i]) {
        if (!both_ways) {
          mapping.question =
              "whether anybody reaches it depends on the rules below that wait for an answer";
          unsure.insert(mapping.name);
        }
        continue;
      }
      if (!both_ways) {
        mapping.question = candidate.to_real.empty()
                               ? "only what the host sends is translated, and to no mapped host. "
                                 "With whom does it talk? Each of them needs a mapping"
                               : "only what is sent to the host is translated, and from no mapped "
                                 "host. Who sends to it? Each of them needs a mapping";
        unsure.insert(mapping.name);
      } else {
        table_.differences.push_back({"mapping " + mapping.name,
                                      "the rules pass nothing between it and another mapped host; "
                                      "natto translates both ends, so "
                                      "whoever it talks with needs a mapping too"});
      }
    }
    comment_out_rules_of(unsure);
  }

  /// Rules about mappings that are commented out would be wrong.
  void comment_out_rules_of(const std::set<std::string>& unsure) {
    for (ImportedRule& rule : table_.rules) {
      for (const auto* side : {&rule.from, &rule.to}) {
        for (const std::string& endpoint : *side) {
          if (rule.question.empty() && unsure.contains(endpoint)) {
            rule.question = fmt::format("mapping {} is commented out", endpoint);
          }
        }
      }
    }
  }

  void make_notes() {
    if (!rules_.has_filter) {
      table_.notes.push_back(
          "the input has no filter table, so whatever is translated counts as passed; if there is "
          "one, "
          "import all tables together");
    }
    std::size_t of_the_machine = 0;
    for (const Chain& chain : rules_.chains) {
      of_the_machine += chain.name == "INPUT" || chain.name == "OUTPUT" ? chain.rules.size() : 0;
    }
    if (of_the_machine > 0) {
      table_.notes.push_back(
          fmt::format("{} rules of INPUT and OUTPUT are about the machine itself, "
                      "and no matter of natto's",
                      of_the_machine));
    }
  }

  const Ruleset& rules_;
  const Realms& realms_;
  Walk walk_;
  Services services_;
  ImportedTable table_;
  std::vector<Candidate> candidates_;
  std::set<std::string> mapping_names_;
  std::set<std::string> rule_names_;
  std::vector<AlikePart> parts_;
  std::map<std::pair<std::size_t, std::size_t>, Pair> pairs_;
};

}  // namespace

bool ImportedTable::complete() const {
  const auto asks = [](const auto& entry) { return !entry.question.empty(); };
  return not_carried.empty() && differences.empty() && std::ranges::none_of(mappings, asks) &&
         std::ranges::none_of(rules, asks);
}

Result<ImportedTable> analyse(const Ruleset& rules, const Realms& realms) {
  return Analysis(rules, realms).run();
}

}  // namespace natto::old_rules
