#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "import/parsers.hpp"
#include "import/words.hpp"

namespace natto::old_rules {
namespace {

using Json = nlohmann::json;

/// A named set or map: its elements, as the JSON has them.
using Elements = std::map<std::string, const Json*, std::less<>>;

std::string text_at(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string()
             ? found->get<std::string>()
             : "";
}

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

/// A statement or expression of one key: its name and what belongs to it.
std::pair<std::string, const Json*> only_member(const Json& object) {
  if (!object.is_object() || object.size() != 1) {
    return {"", nullptr};
  }
  return {object.begin().key(), &*object.begin()};
}

/// A shortened rendering for reports.
std::string in_short(const Json& value) {
  constexpr std::size_t kLongest = 160;
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kLongest) {
    text.resize(kLongest);
    text += "...";
  }
  return text;
}

std::optional<Field> field_of(const Json& left) {
  const auto [kind, what] = only_member(left);
  if (what == nullptr) {
    return std::nullopt;
  }
  const std::string key = text_at(*what, kind == "payload" ? "field" : "key");
  if (kind == "payload") {
    const std::string protocol = text_at(*what, "protocol");
    if (protocol == "ip") {
      return key == "saddr"      ? std::optional(Field::kSource)
             : key == "daddr"    ? std::optional(Field::kDestination)
             : key == "protocol" ? std::optional(Field::kProtocol)
                                 : std::nullopt;
    }
    if (protocol == "icmp") {
      return key == "type" ? std::optional(Field::kIcmpType) : std::nullopt;
    }
    return key == "sport"   ? std::optional(Field::kSourcePort)
           : key == "dport" ? std::optional(Field::kDestinationPort)
           : key == "flags" ? std::optional(Field::kTcpFlags)
                            : std::nullopt;
  }
  if (kind == "meta") {
    return key == "iifname" || key == "iif"        ? std::optional(Field::kInInterface)
           : key == "oifname" || key == "oif"      ? std::optional(Field::kOutInterface)
           : key == "l4proto" || key == "protocol" ? std::optional(Field::kProtocol)
                                                   : std::nullopt;
  }
  if (kind == "ct") {
    return key == "state"    ? std::optional(Field::kState)
           : key == "status" ? std::optional(Field::kTranslated)
                             : std::nullopt;
  }
  return std::nullopt;
}

std::optional<Range> value_of(Field field, const Json& value) {
  if (const Json* prefix = member(value, "prefix")) {
    const Json* length = member(*prefix, "len");
    const auto address = parse_ipv4_address(text_at(*prefix, "addr"));
    if (!address || length == nullptr || !length->is_number_unsigned() ||
        length->get<std::uint64_t>() > 32) {
      return std::nullopt;
    }
    return range_of({*address, length->get<std::uint8_t>()});
  }
  if (const Json* range = member(value, "range");
      range != nullptr && range->is_array() && range->size() == 2) {
    const auto first = value_of(field, (*range)[0]);
    const auto last = value_of(field, (*range)[1]);
    return first && last && first->first <= last->last
               ? std::optional(Range{first->first, last->last})
               : std::nullopt;
  }
  if (const Json* elem = member(value, "elem")) {
    const Json* inner = member(*elem, "val");
    return inner == nullptr ? std::nullopt : value_of(field, *inner);
  }
  std::string word;
  if (value.is_string()) {
    word = value.get<std::string>();
  } else if (value.is_number_unsigned() && value.get<std::uint64_t>() <= 0xffff) {
    word = std::to_string(value.get<std::uint64_t>());
  } else {
    return std::nullopt;
  }
  switch (field) {
    case Field::kSource:
    case Field::kDestination:
      return word == "*" ? std::optional(Range{0, UINT32_MAX}) : addresses_of(word);
    case Field::kProtocol:
      return protocol_of(word);
    case Field::kSourcePort:
    case Field::kDestinationPort:
      return ports_of(word, '-');
    case Field::kState:
      return state_of(word);
    case Field::kIcmpType:
      return icmp_type_of(word);
    case Field::kTranslated:
      return word == "dnat"   ? std::optional(Range{1, 1})
             : word == "snat" ? std::optional(Range{2, 2})
                              : std::nullopt;
    default:
      return std::nullopt;
  }
}

/// One of the elements that an array, a set or a named set has; null if there are none to be had.
class ElementsOf {
 public:
  ElementsOf(const Json& value, const Elements& named, const std::string& table) {
    const Json* all = &value;
    if (value.is_string() && value.get_ref<const std::string&>().starts_with('@')) {
      const auto found = named.find(table + ' ' + value.get_ref<const std::string&>().substr(1));
      all = found == named.end() ? nullptr : found->second;
      known_ = all != nullptr;
    } else if (const Json* set = member(value, "set")) {
      all = set;
    }
    if (all != nullptr && all->is_array()) {
      for (const Json& one : *all) {
        elements_.push_back(&one);
      }
    } else if (all != nullptr) {
      elements_.push_back(all);
    }
  }
  [[nodiscard]] bool known() const { return known_; }
  [[nodiscard]] const std::vector<const Json*>& all() const { return elements_; }

 private:
  bool known_ = true;
  std::vector<const Json*> elements_;
};

/// The value itself, where it stands inside {"elem": {"val": ...}}.
const Json& bare(const Json& value) {
  const Json* elem = member(value, "elem");
  const Json* inner = elem == nullptr ? nullptr : member(*elem, "val");
  return inner == nullptr ? value : *inner;
}

class NftReader {
 public:
  Result<Ruleset> read(std::string_view text) {
    const Json document = Json::parse(text, nullptr, false);
    const Json* objects = member(document, "nftables");
    if (document.is_discarded() || objects == nullptr || !objects->is_array()) {
      return input_error(
          "this is no output of `nft -j list ruleset`: " +
          std::string(document.is_discarded() ? "it is no JSON" : "there is no list \"nftables\""));
    }
    rules_.dialect = Dialect::kNft;
    for (const Json& object : *objects) {
      read_sets(object);
    }
    for (const Json& object : *objects) {
      if (const Json* chain = member(object, "chain")) {
        read_chain(*chain);
      }
    }
    for (const Json& object : *objects) {
      if (const Json* rule = member(object, "rule")) {
        read_rule(*rule);
      }
      if (count_ > kMostRules) {
        return input_error(fmt::format("there are more than {} rules", kMostRules));
      }
    }
    if (rules_.chains.empty()) {
      return input_error("there is no chain for IPv4 in the input");
    }
    return std::move(rules_);
  }

 private:
  static bool is_ipv4(const Json& object) {
    const std::string family = text_at(object, "family");
    return family == "ip" || family == "inet";
  }
  static std::string table_of(const Json& object) {
    return text_at(object, "family") + ' ' + text_at(object, "table");
  }

  void read_sets(const Json& object) {
    for (const char* kind : {"set", "map"}) {
      const Json* set = member(object, kind);
      static const Json kNone = Json::array();
      if (set != nullptr && is_ipv4(*set)) {
        const Json* elements = member(*set, "elem");
        named_[table_of(*set) + ' ' + text_at(*set, "name")] =
            elements == nullptr ? &kNone : elements;
      }
    }
  }

  void read_chain(const Json& object) {
    if (!is_ipv4(object)) {
      return;
    }
    Chain chain{.table = table_of(object), .name = text_at(object, "name")};
    const std::string hook = text_at(object, "hook");
    constexpr std::array<std::pair<std::string_view, Hook>, 3> kHooks = {
        {{"prerouting", Hook::kPrerouting},
         {"forward", Hook::kForward},
         {"postrouting", Hook::kPostrouting}}};
    for (const auto& [name, value] : kHooks) {
      if (hook == name) {
        chain.hook = value;
      }
    }
    const Json* priority = member(object, "prio");
    if (priority != nullptr && priority->is_number_integer()) {
      chain.priority = static_cast<int>(
          std::clamp<std::int64_t>(priority->get<std::int64_t>(), -10'000, 10'000));
    }
    chain.translates = text_at(object, "type") == "nat";
    chain.drops = text_at(object, "policy") == "drop";
    rules_.has_filter |= chain.hook == Hook::kForward;
    indices_.try_emplace(chain.table + ' ' + chain.name,
                         static_cast<std::uint32_t>(rules_.chains.size()));
    rules_.chains.push_back(std::move(chain));
  }

  void read_rule(const Json& object) {
    const Json* expressions = member(object, "expr");
    const auto chain = indices_.find(table_of(object) + ' ' + text_at(object, "chain"));
    if (!is_ipv4(object) || chain == indices_.end() || expressions == nullptr ||
        !expressions->is_array()) {
      return;
    }
    table_ = table_of(object);
    chain_ = chain->second;
    const Json* handle = member(object, "handle");
    const std::string number = handle != nullptr && handle->is_number_unsigned()
                                   ? std::to_string(handle->get<std::uint64_t>())
                                   : "?";
    rule_ = {.place = fmt::format("{} {} handle {}", table_, text_at(object, "chain"), number),
             .text = in_short(*expressions),
             .comment = text_at(object, "comment")};
    bool ended = false;
    for (const Json& expression : *expressions) {
      if (!ended) {
        ended = statement(expression);
      }
    }
    if (!ended) {
      finish({});
    }
  }

  /// The rule that has been read so far, with this end.
  void finish(Target target) {
    Rule rule = rule_;
    rule.target = std::move(target);
    add(std::move(rule));
  }
  void add(Rule rule) {
    ++count_;
    rules_.chains[chain_].rules.push_back(std::move(rule));
  }

  /// Whether the rule ends with it.
  bool statement(const Json& expression) {
    const auto [kind, what] = only_member(expression);
    if (what == nullptr) {
      finish({.kind = Target::Kind::kUnknown,
              .why = "what `" + in_short(expression) + "` does is not known"});
      return true;
    }
    if (kind == "match") {
      match(*what);
      return false;
    }
    if (member(*what, "stmt") != nullptr) {  // only for who keeps it
      rule_.matches.push_back(
          unknown_match(fmt::format("does it fit `{}`?", in_short(expression))));
      return false;
    }
    if (kind == "counter" || kind == "log" || kind == "mangle" || kind == "meter" ||
        kind == "set" || kind == "ct helper" || kind == "comment" || kind == "flow") {
      return false;
    }
    if (kind == "limit" || kind == "quota" || kind == "ct count") {
      rule_.matches.push_back(unknown_match(fmt::format("does it fit `{}`?", kind)));
      return false;
    }
    if (kind == "vmap") {
      verdict_map(*what);
      return true;
    }
    if (kind == "snat" || kind == "dnat") {
      translation(*what);
      return true;
    }
    finish(verdict(kind, *what));
    return true;
  }

  Target verdict(const std::string& kind, const Json& what) {
    if (kind == "accept") {
      return {.kind = Target::Kind::kAccept};
    }
    if (kind == "drop" || kind == "reject") {
      return {.kind = Target::Kind::kDrop};
    }
    if (kind == "return") {
      return {.kind = Target::Kind::kReturn};
    }
    if (kind == "continue") {
      return {};
    }
    if (kind == "notrack") {
      return {.kind = Target::Kind::kUntrack};
    }
    if (kind == "jump" || kind == "goto") {
      const auto chain = indices_.find(table_ + ' ' + text_at(what, "target"));
      if (chain != indices_.end()) {
        return {.kind = kind == "jump" ? Target::Kind::kJump : Target::Kind::kGoto,
                .chain = chain->second};
      }
    }
    if (kind == "masquerade") {
      return {.kind = Target::Kind::kShare,
              .why = "masquerade: many senders share an address; natto gives each one of its own"};
    }
    if (kind == "redirect") {
      return {.kind = Target::Kind::kShare, .why = "redirection to the machine itself"};
    }
    return {.kind = Target::Kind::kUnknown, .why = "what `" + kind + "` does is not known"};
  }

  void match(const Json& what) {
    const Json* left = member(what, "left");
    const Json* right = member(what, "right");
    if (left == nullptr || right == nullptr) {
      return unknown(what);
    }
    const std::string op = text_at(what, "op");
    const bool negated = op == "!=";
    if (is_about_ipv6(*left)) {
      rule_.matches.push_back(one_of(Field::kProtocol, {}));  // fits nothing here
      return;
    }
    if (const Json* meta = member(*left, "meta");
        meta != nullptr && text_at(*meta, "key") == "nfproto") {
      if (!right->is_string()) {
        return unknown(what);
      }
      rule_.matches.push_back(one_of(Field::kProtocol, {{0, 255}}, (*right == "ipv4") == negated));
      return;
    }
    if (const auto [kind, parts] = only_member(*left); kind == "concat" && !negated) {
      return concatenation(what, *parts, *right);
    }
    if (flags_match(*left, *right, negated)) {
      return;
    }
    const auto field = field_of(*left);
    if (op != "==" && op != "!=" && op != "in" && !op.empty()) {
      return unknown(what);
    }
    if (!field || !match_one_of(*field, *left, *right, negated)) {
      unknown(what);
    }
  }

  static bool is_about_ipv6(const Json& left) {
    const Json* payload = member(left, "payload");
    const std::string protocol = payload == nullptr ? "" : text_at(*payload, "protocol");
    return protocol == "ip6" || protocol == "icmpv6";
  }

  void unknown(const Json& what) {
    rule_.matches.push_back(unknown_match(fmt::format("does it fit `{}`?", in_short(what))));
  }

  /// `tcp flags & (syn | ack) == syn`
  bool flags_match(const Json& left, const Json& right, bool negated) {
    const auto [op, operands] = only_member(left);
    if (op != "&" || !operands->is_array() || operands->size() < 2 ||
        field_of((*operands)[0]) != Field::kTcpFlags) {
      return false;
    }
    const auto flags_in = [](const Json& value) -> std::optional<std::uint32_t> {
      const auto [inner, list] = only_member(value);
      const Json& all = inner == "|" ? *list : value;
      std::uint32_t flags = 0;
      for (const Json& one : all.is_array() ? all : Json::array({all})) {
        const auto flag = one.is_string() ? tcp_flags_of(one.get<std::string>()) : std::nullopt;
        if (!flag) {
          return std::nullopt;
        }
        flags |= *flag;
      }
      return flags;
    };
    std::uint32_t mask = 0;
    for (std::size_t i = 1; i < operands->size(); ++i) {
      const auto part = flags_in((*operands)[i]);
      if (!part) {
        return false;
      }
      mask |= *part;
    }
    const auto wanted = flags_in(right);
    if (!wanted) {
      return false;
    }
    protocol_too(6, 6);
    rule_.matches.push_back(one_of(Field::kTcpFlags, {{mask, *wanted}}, negated));
    return true;
  }

  void protocol_too(std::uint32_t first, std::uint32_t last) {
    rule_.matches.push_back(one_of(Field::kProtocol, {{first, last}}));
  }

  /// What a payload field says of the protocol.
  void protocol_of_payload(const Json& left) {
    const auto [kind, what] = only_member(left);
    const std::string protocol = kind == "payload" ? text_at(*what, "protocol") : "";
    if (!protocol.empty() && protocol != "ip" && protocol != "th") {
      if (const auto number = protocol_of(protocol)) {
        protocol_too(number->first, number->last);
      }
    }
  }

  bool match_one_of(Field field, const Json& left, const Json& right, bool negated) {
    const ElementsOf elements(right, named_, table_);
    if (!elements.known() || field == Field::kTcpFlags) {
      return false;
    }
    Match found{.field = field, .negated = negated};
    for (const Json* element : elements.all()) {
      const Json& value = bare(*element);
      if (field == Field::kInInterface || field == Field::kOutInterface) {
        if (!value.is_string()) {
          return false;
        }
        found.names.push_back(value.get<std::string>());
      } else if (const auto range = value_of(field, value)) {
        found.ranges.push_back(*range);
      } else {
        return false;
      }
    }
    protocol_of_payload(left);
    std::ranges::sort(found.ranges);
    rule_.matches.push_back(std::move(found));
    return true;
  }

  /// A set of tuples is a rule for each; only one is a plain conjunction.
  void concatenation(const Json& what, const Json& fields, const Json& right) {
    const ElementsOf elements(right, named_, table_);
    if (!elements.known() || elements.all().size() != 1 ||
        !match_tuple(fields, *elements.all()[0])) {
      unknown(what);
    }
  }

  bool match_tuple(const Json& fields, const Json& tuple) {
    const Json* values = member(bare(tuple), "concat");
    if (!fields.is_array() || values == nullptr || !values->is_array() ||
        values->size() != fields.size()) {
      return false;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto field = field_of(fields[i]);
      if (!field || !match_one_of(*field, fields[i], (*values)[i], false)) {
        return false;
      }
    }
    return true;
  }

  /// A rule for each element: `key vmap { a : accept, ... }`.
  void verdict_map(const Json& what) {
    const Rule before = rule_;
    for_each_entry(what, [&](const Json& value) {
      const auto [kind, of] = only_member(value);
      finish(of == nullptr ? Target{.kind = Target::Kind::kUnknown, .why = "an unknown verdict"}
                           : verdict(kind, *of));
    });
    rule_ = before;
  }

  /// visit(the entry's value) with the rule's matches and that of the entry's key.
  template <typename Visit>
  void for_each_entry(const Json& map, Visit visit) {
    const Json* key = member(map, "key");
    const Json* data = member(map, "data");
    const Rule before = rule_;
    if (key == nullptr || data == nullptr) {
      finish({.kind = Target::Kind::kUnknown, .why = "a map that cannot be read"});
      return;
    }
    const ElementsOf entries(*data, named_, table_);
    if (!entries.known()) {
      finish({.kind = Target::Kind::kUnknown, .why = "its map is not in the input"});
      return;
    }
    for (const Json* entry : entries.all()) {
      rule_ = before;
      if (count_ > kMostRules || !entry->is_array() || entry->size() != 2) {
        finish({.kind = Target::Kind::kUnknown, .why = "an entry of a map that cannot be read"});
        continue;
      }
      const auto [kind, fields] = only_member(*key);
      const auto field = field_of(*key);
      const bool fits = kind == "concat" ? match_tuple(*fields, (*entry)[0])
                                         : field && match_one_of(*field, *key, (*entry)[0], false);
      if (!fits) {
        unknown((*entry)[0]);
      }
      visit((*entry)[1]);
    }
    rule_ = before;
  }

  void translation(const Json& what) {
    const Json* address = member(what, "addr");
    if (const Json* flags = member(what, "flags")) {
      const std::string text = flags->dump(-1, ' ', true, Json::error_handler_t::replace);
      rule_.aside = text.find("random") != std::string::npos ? "random" : "";
    }
    const Json* port = member(what, "port");
    if (address == nullptr) {
      finish({.kind = Target::Kind::kShare, .why = "it changes ports"});
      return;
    }
    if (const Json* map = member(*address, "map")) {
      const Rule before = rule_;
      for_each_entry(*map, [&](const Json& value) { finish(target_of(value, port)); });
      rule_ = before;
      return;
    }
    finish(target_of(*address, port));
  }

  static Target target_of(const Json& address, const Json* port) {
    Target target{.kind = Target::Kind::kTranslate};
    const Json* tuple = member(address, "concat");
    const Json* to = &address;
    if (tuple != nullptr && tuple->is_array() && tuple->size() == 2) {
      to = &(*tuple)[0];
      port = &(*tuple)[1];
    }
    if (port != nullptr) {
      if (!port->is_number_unsigned() || port->get<std::uint64_t>() > 0xffff) {
        return {.kind = Target::Kind::kShare, .why = "it changes ports"};
      }
      target.port = port->get<std::uint16_t>();
    }
    const auto range = value_of(Field::kDestination, *to);
    if (!range) {
      return {.kind = Target::Kind::kUnknown, .why = "to what it translates is not known"};
    }
    if (const Json* prefix = member(*to, "prefix")) {
      target.to = {Ipv4Address::from_host(range->first),
                   member(*prefix, "len")->get<std::uint8_t>()};
      return target;
    }
    if (range->first != range->last) {
      return {.kind = Target::Kind::kShare, .why = "one of several addresses is taken"};
    }
    target.to = {Ipv4Address::from_host(range->first), 32};
    return target;
  }

  Ruleset rules_;
  Elements named_;
  std::map<std::string, std::uint32_t, std::less<>> indices_;
  std::string table_;
  std::uint32_t chain_ = 0;
  Rule rule_;
  std::size_t count_ = 0;
};

}  // namespace

Result<Ruleset> read_nft(std::string_view text) { return NftReader().read(text); }

}  // namespace natto::old_rules
