#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "import/iptables_rule.hpp"
#include "import/parsers.hpp"
#include "import/shell_words.hpp"
#include "import/words.hpp"

namespace natto::old_rules {
namespace {

struct BaseChain {
  std::string_view table;
  std::string_view chain;
  Hook hook;
  int priority;
};

constexpr std::array<BaseChain, 8> kBaseChains = {
    {{"raw", "PREROUTING", Hook::kPrerouting, -300},
     {"mangle", "PREROUTING", Hook::kPrerouting, -150},
     {"nat", "PREROUTING", Hook::kPrerouting, -100},
     {"mangle", "FORWARD", Hook::kForward, -150},
     {"filter", "FORWARD", Hook::kForward, 0},
     {"security", "FORWARD", Hook::kForward, 50},
     {"mangle", "POSTROUTING", Hook::kPostrouting, -150},
     {"nat", "POSTROUTING", Hook::kPostrouting, 100}}};
constexpr std::array<std::string_view, 5> kTables = {"raw", "mangle", "nat", "filter", "security"};

using Words = std::span<const std::string>;

std::string place_of(const ShellLine& line) { return fmt::format("line {}", line.number); }

/// `word` as a shell takes it.
std::string quoted(const std::string& word) {
  if (!word.empty() && word.find_first_of(" \t\"'\\") == std::string::npos) {
    return word;
  }
  std::string text = "\"";
  for (const char c : word) {
    text += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  }
  return text + '"';
}

bool is_iptables(std::string_view word) {
  const std::string_view name =
      word.substr(word.rfind('/') == std::string_view::npos ? 0 : word.rfind('/') + 1);
  return name == "iptables" || name == "iptables-nft" || name == "iptables-legacy";
}

/// The words behind `iptables`; none if the line is no such command.
std::optional<Words> command_of(const ShellLine& line) {
  Words words = line.words;
  while (!words.empty() &&
         (words.front() == "sudo" || words.front() == "exec" || words.front() == "command" ||
          words.front() == "/usr/bin/sudo" || words.front() == "!")) {
    words = words.subspan(1);
  }
  if (words.empty() || !is_iptables(words.front())) {
    return std::nullopt;
  }
  return words.subspan(1);
}

class IptablesReader {
 public:
  Result<Ruleset> read(std::string_view text) {
    const std::vector<ShellLine> lines = shell_lines(text);
    for (const ShellLine& line : lines) {
      read_set(line);
    }
    for (const ShellLine& line : lines) {
      read_line(line);
      if (count_ > kMostRules) {
        return input_error(fmt::format("there are more than {} rules", kMostRules));
      }
    }
    if (count_ == 0 && policies_ == 0) {
      return input_error("there is no iptables rule in the input");
    }
    return std::move(rules_);
  }

 private:
  /// `create NAME TYPE ...` and `add NAME ELEMENT`.
  void read_set(const ShellLine& line) {
    Words words = line.words;
    if (words.front() == "ipset") {
      words = words.subspan(1);
    }
    if (words.size() < 3) {
      return;
    }
    if (words[0] == "create" || words[0] == "-N") {
      const bool known = words[2] == "hash:ip" || words[2] == "hash:net" ||
                         words[2] == "bitmap:ip" || words[2] == "iphash" || words[2] == "nethash";
      if (known) {
        sets_.try_emplace(words[1]);
      }
    } else if (words[0] == "add") {
      const auto set = sets_.find(words[1]);
      const auto addresses = addresses_of(words[2]);
      if (set == sets_.end()) {
        return;
      }
      const bool excludes = std::ranges::find(words, "nomatch") != words.end();
      if (addresses && !excludes) {
        set->second.push_back(*addresses);
      } else {
        sets_.erase(set);  // its rules ask what natto does not know
      }
    }
  }

  void read_line(const ShellLine& line) {
    const std::string& first = line.words.front();
    if (first.starts_with('*')) {
      section_ = first.substr(1);
      saved_ = true;
      has_filter(section_);
    } else if (first == "COMMIT") {
      section_.clear();
      saved_ = false;
    } else if (first.starts_with(':') && line.words.size() >= 2) {
      Chain& chain = chain_of(section_, first.substr(1));
      chain.drops = line.words[1] == "DROP";
      ++policies_;
    } else if (first.starts_with('[') && line.words.size() >= 2) {
      take(line, std::span(line.words).subspan(1), section_);
    } else if (first.starts_with('-')) {
      if (!saved_) {
        guess_section(line);
      }
      take(line, line.words, section_);
    } else if (const auto words = command_of(line)) {
      command(line, *words);
    } else if (!line.unresolved.empty() && first == line.unresolved &&
               std::ranges::any_of(line.words,
                                   [](const std::string& w) { return w == "-A" || w == "-I"; })) {
      rules_.not_carried.push_back({place_of(line), fmt::format("{}: what {} is, is not known here",
                                                                line.text, line.unresolved)});
    } else if (first.find("iptables-restore") != std::string::npos) {
      rules_.not_carried.push_back({place_of(line), line.text + ": import the file that it reads"});
    }
  }

  /// A table's chains come as -P in one go, before its rules.
  void guess_section(const ShellLine& line) {
    if (line.words.size() < 2) {
      return;
    }
    const bool is_policy = line.words[0] == "-P";
    if (is_policy && !in_policies_) {
      seen_.clear();
    }
    in_policies_ = is_policy;
    if (is_policy) {
      seen_.insert(line.words[1]);
      const bool routes_before = seen_.contains("PREROUTING");
      section_ = routes_before && seen_.contains("FORWARD")       ? "mangle"
                 : routes_before || seen_.contains("POSTROUTING") ? "nat"
                                                                  : "filter";
      return;
    }
    if (seen_.empty()) {
      const auto has = [&](std::string_view word) {
        return std::ranges::find(line.words, word) != line.words.end();
      };
      const bool of_nat = has("PREROUTING") || has("POSTROUTING") || has("DNAT") || has("SNAT") ||
                          has("NETMAP") || has("MASQUERADE");
      section_ = of_nat ? "nat" : "filter";
    }
  }

  void command(const ShellLine& line, Words words) {
    std::string table = "filter";
    std::vector<std::string> rest;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if ((words[i] == "-t" || words[i] == "--table") && i + 1 < words.size()) {
        table = words[++i];
      } else if (words[i].starts_with("--table=")) {
        table = words[i].substr(8);
      } else if (words[i] == "-w" || words[i] == "--wait") {
        i += i + 1 < words.size() && number_of(words[i + 1], 1'000'000) ? 1U : 0U;
      } else {
        rest.push_back(words[i]);
      }
    }
    take(line, rest, table);
  }

  void take(const ShellLine& line, Words words, const std::string& table_name) {
    const std::string table = table_name.empty() ? "filter" : table_name;
    if (std::ranges::find(kTables, table) == kTables.end()) {
      rules_.not_carried.push_back(
          {place_of(line), fmt::format("{}: there is no table {}", line.text, table)});
      return;
    }
    if (words.empty()) {
      return;
    }
    has_filter(table);
    const std::string& verb = words[0];
    const bool has_chain = words.size() >= 2 && !words[1].starts_with('-');
    const auto verb_is = [&](std::string_view a, std::string_view b) {
      return verb == a || verb == b;
    };
    if (verb_is("-A", "--append") && has_chain) {
      append(line, words, table, std::nullopt);
    } else if (verb_is("-I", "--insert") && has_chain) {
      const auto at = words.size() > 2 ? number_of(words[2], kMostRules) : std::nullopt;
      append(line, words, table, at.value_or(1));
    } else if (verb_is("-P", "--policy") && words.size() >= 3) {
      Chain& chain = chain_of(table, words[1]);
      chain.drops = words[2] != "ACCEPT" || (line.conditional && chain.drops);
      ++policies_;
    } else if (verb_is("-N", "--new-chain") && has_chain) {
      chain_of(table, words[1]);
    } else if (verb_is("-F", "--flush")) {
      flush(line, table, has_chain ? std::optional<std::string_view>(words[1]) : std::nullopt);
    } else if (verb_is("-D", "--delete") && has_chain) {
      remove(line, words, table);
    } else if (verb_is("-R", "--replace")) {
      rules_.not_carried.push_back(
          {place_of(line), line.text + ": write the rule that it becomes in its place"});
      doubtful(line, chain_of(table, has_chain ? words[1] : ""));
    }
  }

  void append(const ShellLine& line, Words words, const std::string& table,
              std::optional<std::uint32_t> before) {
    ++count_;
    const bool numbered = before && words.size() > 2 && number_of(words[2], kMostRules);
    const Words said = words.subspan(numbered ? 3 : 2);
    const std::uint32_t index = chain_index(table, words[1]);
    Rule rule = iptables_rule(said, sets_,
                              [&](const std::string& name) { return chain_index(table, name); });
    rule.place = place_of(line);
    rule.text = line.text;
    if (!line.unresolved.empty() && !saved_) {
      rule.matches = {unknown_match(fmt::format("what is {}?", line.unresolved))};
    }
    if (line.conditional) {
      rule.matches.push_back(unknown_match("is this line run? It is inside a condition or loop"));
    }
    std::vector<Rule>& rules = rules_.chains[index].rules;
    const std::size_t at =
        before ? std::min<std::size_t>(std::max(*before, 1U) - 1, rules.size()) : rules.size();
    rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(at), std::move(rule));
    std::string text;
    for (const std::string& word : said) {
      text += ' ' + quoted(word);
    }
    auto& texts = texts_[index];
    texts.insert(texts.begin() + static_cast<std::ptrdiff_t>(std::min(at, texts.size())),
                 std::move(text));
  }

  void flush(const ShellLine& line, const std::string& table,
             std::optional<std::string_view> name) {
    for (std::uint32_t i = 0; i < rules_.chains.size(); ++i) {
      Chain& chain = rules_.chains[i];
      if (chain.table != table || (name && chain.name != *name)) {
        continue;
      }
      if (is_doubtful(line)) {
        doubtful_rules(line, chain);
      } else {
        chain.rules.clear();
        texts_[i].clear();
      }
    }
  }

  void remove(const ShellLine& line, Words words, const std::string& table) {
    const std::uint32_t index = chain_index(table, words[1]);
    if (is_doubtful(line)) {
      return doubtful_rules(line, rules_.chains[index]);
    }
    std::vector<std::string>& texts = texts_[index];
    std::vector<Rule>& rules = rules_.chains[index].rules;
    std::string text;
    for (const std::string& word : words.subspan(2)) {
      text += ' ' + quoted(word);
    }
    const auto found = std::ranges::find(texts, text);
    const auto number = words.size() == 3 ? number_of(words[2], kMostRules) : std::nullopt;
    const std::size_t at = number ? *number - 1UL : static_cast<std::size_t>(found - texts.begin());
    if (at < rules.size() && at < texts.size()) {
      rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(at));
      texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      // Scripts begin with deletions of what an earlier run may have left.
      rules_.not_carried.push_back(
          {place_of(line), line.text + ": no rule of the input is this one"});
    }
  }

  /// Whether nobody knows if the line is run, or on what.
  static bool is_doubtful(const ShellLine& line) {
    return line.conditional || !line.unresolved.empty();
  }
  /// `line` may take rules of `chain` away.
  void doubtful_rules(const ShellLine& line, Chain& chain) {
    if (!chain.rules.empty()) {
      doubtful(line, chain, "is this line run? It takes rules away");
    }
  }

  /// From here on nobody knows what the chain does.
  void doubtful(const ShellLine& line, Chain& chain, std::string why = "the line cannot be read") {
    chain.rules.insert(chain.rules.begin(),
                       {.place = place_of(line),
                        .text = line.text,
                        .target = {.kind = Target::Kind::kUnknown, .why = std::move(why)}});
    texts_[static_cast<std::uint32_t>(&chain - rules_.chains.data())].emplace(
        texts_[static_cast<std::uint32_t>(&chain - rules_.chains.data())].begin(), "");
  }

  std::uint32_t chain_index(const std::string& table, const std::string& name) {
    const auto [found, is_new] =
        indices_.try_emplace({table, name}, static_cast<std::uint32_t>(rules_.chains.size()));
    if (is_new) {
      Chain chain{.table = table, .name = name, .translates = table == "nat"};
      for (const BaseChain& base : kBaseChains) {
        if (base.table == table && base.chain == name) {
          chain.hook = base.hook;
          chain.priority = base.priority;
        }
      }
      rules_.chains.push_back(std::move(chain));
    }
    return found->second;
  }
  Chain& chain_of(const std::string& table, const std::string& name) {
    return rules_.chains[chain_index(table, name)];
  }

  void has_filter(std::string_view table) { rules_.has_filter |= table == "filter"; }

  Ruleset rules_;
  IpSets sets_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> indices_;
  std::map<std::uint32_t, std::vector<std::string>>
      texts_;  ///< by chain, the words of its rules, by which they are deleted
  std::string section_;
  bool saved_ = false;        ///< inside a table of iptables-save
  bool in_policies_ = false;  ///< of iptables -S
  std::set<std::string> seen_;
  std::size_t count_ = 0;
  std::size_t policies_ = 0;
};

}  // namespace

Result<Ruleset> read_iptables(std::string_view text) { return IptablesReader().read(text); }

}  // namespace natto::old_rules
