#include "import/iptables_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "import/words.hpp"

namespace natto::old_rules {
namespace {

constexpr std::uint32_t kSyn = 2;
constexpr std::uint32_t kSynFinRstAck = 2 | 1 | 4 | 16;

bool is(std::string_view word, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), word) != names.end();
}

/// Whether a packet goes on behind the target, which notes it or marks it.
bool goes_on(std::string_view target) {
  return is(target, {"LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "TRACE", "SET", "TCPMSS", "AUDIT",
                     "CLASSIFY", "DSCP", "TOS", "CHECKSUM", "SECMARK", "CONNSECMARK"});
}
/// Behind any other target, an option that is not known is a match.
bool takes_options(std::string_view target) {
  return goes_on(target) || is(target, {"REJECT", "CT"});
}

class RuleReader {
 public:
  RuleReader(std::span<const std::string> words, const IpSets& sets,
             const std::function<std::uint32_t(const std::string&)>& chain_index)
      : words_(words), sets_(sets), chain_index_(chain_index) {}

  Rule read() {
    while (at_ < words_.size()) {
      const std::string word = words_[at_++];
      if (word == "!") {
        negated_ = true;
        continue;
      }
      option(word);
      negated_ = false;
    }
    finish();
    return std::move(rule_);
  }

 private:
  /// The next word; `!` before it negates as well (the old way to write it).
  std::string_view value() {
    if (at_ < words_.size() && words_[at_] == "!") {
      negated_ = !negated_;
      ++at_;
    }
    return at_ < words_.size() ? std::string_view(words_[at_++]) : std::string_view();
  }
  [[nodiscard]] bool has_value() const {
    return at_ < words_.size() && !words_[at_].starts_with('-');
  }

  void add(Match match) {
    match.negated = negated_;
    rule_.matches.push_back(std::move(match));
  }
  void unknown(const std::string& what) {
    rule_.matches.push_back(unknown_match(fmt::format("does it fit `{}`?", what)));
  }

  template <typename Parse>
  void list(Field field, const std::string& option, Parse parse) {
    const std::string_view words = value();
    std::vector<Range> ranges;
    for (const std::string_view word : split(words, ',')) {
      if (const auto range = parse(word)) {
        ranges.push_back(*range);
      } else {
        return unknown(fmt::format("{} {}", option, words));
      }
    }
    add(one_of(field, std::move(ranges)));
  }

  void option(const std::string& word) {
    const auto colon_ports = [](std::string_view text) { return ports_of(text, ':'); };
    if (is(word, {"-s", "--source", "--src"})) {
      list(Field::kSource, word, addresses_of);
    } else if (is(word, {"-d", "--destination", "--dst"})) {
      list(Field::kDestination, word, addresses_of);
    } else if (word == "--src-range") {
      list(Field::kSource, word, addresses_of);
    } else if (word == "--dst-range") {
      list(Field::kDestination, word, addresses_of);
    } else if (is(word, {"-i", "--in-interface"})) {
      interface(Field::kInInterface);
    } else if (is(word, {"-o", "--out-interface"})) {
      interface(Field::kOutInterface);
    } else if (is(word, {"-p", "--protocol", "--proto"})) {
      list(Field::kProtocol, word, protocol_of);
    } else if (is(word, {"--dport", "--destination-port", "--dports", "--destination-ports"})) {
      list(Field::kDestinationPort, word, colon_ports);
    } else if (is(word, {"--sport", "--source-port", "--sports", "--source-ports"})) {
      list(Field::kSourcePort, word, colon_ports);
    } else if (is(word, {"--state", "--ctstate"})) {
      states(word);
    } else if (word == "--syn") {
      add(one_of(Field::kTcpFlags, {{kSynFinRstAck, kSyn}}));
    } else if (word == "--tcp-flags") {
      tcp_flags();
    } else if (word == "--icmp-type") {
      list(Field::kIcmpType, word, icmp_type_of);
    } else if (word == "--match-set") {
      set();
    } else if (word == "--comment") {
      rule_.comment = value();
    } else if (is(word, {"-m", "--match"})) {
      module();
    } else if (is(word, {"-j", "--jump", "-g", "--goto"})) {
      target_ = value();
      goes_ = is(word, {"-g", "--goto"});
    } else if (is(word, {"--to-destination", "--to-source", "--to", "--to-ports"})) {
      to_ = value();
    } else if (is(word, {"--random", "--random-fully", "--persistent"})) {
      rule_.aside = word;
    } else if (is(word, {"-c", "--set-counters"})) {
      value();
      value();
    } else if (is(word, {"-w", "--wait", "-W", "--wait-interval"})) {
      if (has_value()) {
        value();
      }
    } else if (is(word, {"-4", "--ipv4", "-v", "--verbose", "-n", "--numeric", "--notrack"})) {
      untracks_ |= word == "--notrack";
    } else if (is(word, {"-f", "--fragment"})) {
      unknown(word);
    } else if (word.starts_with("--") && !module_asks_ && takes_options(target_)) {
      while (has_value()) {  // an option of the target
        value();
      }
    } else {
      std::string text = negated_ ? "! " + word : word;
      while (has_value()) {
        text += fmt::format(" {}", value());
      }
      unknown(text);
      module_asks_ = false;
    }
    if (word.starts_with("--")) {
      module_asks_ = false;
    }
  }

  void interface(Field field) {
    const std::string name(value());
    add({.field = field, .names = {name}});
  }

  void states(const std::string& word) {
    const std::string_view words = value();
    std::vector<Range> states;
    std::vector<Range> translated;
    for (const std::string_view name : split(words, ',')) {
      if (const auto state = state_of(name)) {
        states.push_back(*state);
      } else if (name == "DNAT" || name == "SNAT") {
        translated.push_back(name == "DNAT" ? Range{1, 1} : Range{2, 2});
      } else {
        return unknown(fmt::format("{} {}", word, words));
      }
    }
    if (!states.empty() && !translated.empty()) {
      return unknown(fmt::format("{} {}", word, words));
    }
    add(states.empty() ? one_of(Field::kTranslated, std::move(translated))
                       : one_of(Field::kState, std::move(states)));
  }

  void tcp_flags() {
    const std::string_view mask = value();
    const std::string_view wanted = value();
    const auto mask_bits = tcp_flags_of(mask);
    const auto wanted_bits = tcp_flags_of(wanted);
    if (mask_bits && wanted_bits) {
      add(one_of(Field::kTcpFlags, {{*mask_bits, *wanted_bits}}));
    } else {
      unknown(fmt::format("--tcp-flags {} {}", mask, wanted));
    }
  }

  void set() {
    const std::string name(value());
    const std::string_view which = value();
    const auto found = sets_.find(name);
    if (found == sets_.end() || !is(which, {"src", "dst"})) {
      unknown(fmt::format("--match-set {} {}", name, which));
      return;
    }
    add(one_of(which == "src" ? Field::kSource : Field::kDestination, found->second));
  }

  /// A module that asks something asks it by an option, unless it does so by itself.
  void module() {
    const std::string name(value());
    module_asks_ = !is(name, {"tcp", "udp", "icmp", "sctp", "udplite", "dccp", "multiport",
                              "comment", "conntrack", "state", "set", "iprange"});
    module_ = name;
    if (is(name, {"limit", "hashlimit", "recent", "statistic", "connlimit", "socket", "quota"})) {
      unknown("-m " + name);
    }
  }

  void finish() {
    if (module_asks_ && !module_.empty()) {
      unknown("-m " + module_);
    }
    rule_.target = target();
  }

  Target target() {
    if (target_.empty()) {
      return {};
    }
    if (is(target_, {"ACCEPT"})) {
      return {.kind = Target::Kind::kAccept};
    }
    if (is(target_, {"DROP", "REJECT"})) {
      return {.kind = Target::Kind::kDrop};
    }
    if (target_ == "RETURN") {
      return {.kind = Target::Kind::kReturn};
    }
    if (goes_on(target_)) {
      return {};
    }
    if (target_ == "NOTRACK" || target_ == "CT") {
      return {.kind = target_ == "NOTRACK" || untracks_ ? Target::Kind::kUntrack
                                                        : Target::Kind::kContinue};
    }
    if (is(target_, {"DNAT", "SNAT", "NETMAP"})) {
      return translation();
    }
    if (target_ == "MASQUERADE") {
      return {.kind = Target::Kind::kShare,
              .why = "masquerade: many senders share an address; natto gives each one of its own"};
    }
    if (target_ == "REDIRECT") {
      return {.kind = Target::Kind::kShare, .why = "redirection to the machine itself"};
    }
    if (is(target_, {"TPROXY", "QUEUE", "NFQUEUE", "SYNPROXY", "TEE", "CLUSTERIP", "TTL", "HL",
                     "ECN", "NFQ"})) {
      return {.kind = Target::Kind::kUnknown, .why = "what -j " + target_ + " does is not known"};
    }
    return {.kind = goes_ ? Target::Kind::kGoto : Target::Kind::kJump,
            .chain = chain_index_(target_)};
  }

  Target translation() {
    if (target_ == "NETMAP") {
      const auto network = network_of(to_);
      return network
                 ? Target{.kind = Target::Kind::kTranslate, .to = *network}
                 : Target{.kind = Target::Kind::kUnknown, .why = "--to " + to_ + " is no network"};
    }
    const std::size_t colon = to_.find(':');
    const std::string_view address = std::string_view(to_).substr(0, colon);
    Target target{.kind = Target::Kind::kTranslate};
    if (colon != std::string::npos) {
      target.port = port_of(std::string_view(to_).substr(colon + 1));
    }
    const auto host = parse_ipv4_address(address);
    if (host && (colon == std::string::npos || target.port)) {
      target.to = {*host, 32};
      return target;
    }
    if (addresses_of(address) || address.empty() || colon != std::string::npos) {
      return {.kind = Target::Kind::kShare,
              .why = address.empty() || host ? "it changes ports"
                                             : "one of several addresses is taken"};
    }
    return {.kind = Target::Kind::kUnknown, .why = fmt::format("{} is no address", to_)};
  }

  std::span<const std::string> words_;
  const IpSets& sets_;
  const std::function<std::uint32_t(const std::string&)>& chain_index_;
  std::size_t at_ = 0;
  bool negated_ = false;
  Rule rule_;
  std::string target_;
  std::string to_;
  bool goes_ = false;
  bool untracks_ = false;
  std::string module_;
  bool module_asks_ = false;
};

}  // namespace

Rule iptables_rule(std::span<const std::string> words, const IpSets& sets,
                   const std::function<std::uint32_t(const std::string&)>& chain_index) {
  return RuleReader(words, sets, chain_index).read();
}

}  // namespace natto::old_rules
