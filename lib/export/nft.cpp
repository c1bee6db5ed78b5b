#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "export/formats.hpp"

namespace natto::exports {
namespace {

// Members in the order in which nft writes them.
using NftJson = nlohmann::ordered_json;

constexpr const char* kTable = "natto";

NftJson nft_prefix(const Ipv4Prefix& prefix) {
  if (prefix.length == 32) {
    return to_string(prefix);
  }
  return {{"prefix", {{"addr", to_string(prefix.address)}, {"len", prefix.length}}}};
}

NftJson nft_match(const char* op, NftJson left, NftJson right) {
  return {{"match", {{"op", op}, {"left", std::move(left)}, {"right", std::move(right)}}}};
}
NftJson nft_payload(const char* protocol, const char* field) {
  return {{"payload", {{"protocol", protocol}, {"field", field}}}};
}

/// `dnat ip prefix to ip daddr map { from : to }`: each address of a network to its own.
NftJson nft_translation(const char* kind, const char* field, const Ipv4Prefix& from,
                        const Ipv4Prefix& to) {
  const NftJson pair = NftJson::array({nft_prefix(from), nft_prefix(to)});
  const NftJson map = {{"key", nft_payload("ip", field)},
                       {"data", {{"set", NftJson::array({pair})}}}};
  return {{kind,
           {{"family", "ip"},
            {"addr", {{"map", map}}},
            {"flags", "netmap"},
            {"type_flags", "prefix"}}}};
}

NftJson nft_ports(const std::vector<PortRange>& ports) {
  NftJson set = NftJson::array();
  for (const PortRange& range : ports) {
    if (range.first == range.last) {
      set.push_back(range.first);
    } else {
      set.push_back({{"range", {range.first, range.last}}});
    }
  }
  return {{"set", set}};
}

/// An address or network that is translated by a map needs no match beside it.
bool is_in_map(const FilterRule& rule) {
  return rule.to.length != 32 &&
         (rule.does == FilterRule::Does::kToReal || rule.does == FilterRule::Does::kToMapped);
}

NftJson nft_verdict(const FilterRule& rule) {
  switch (rule.does) {
    case FilterRule::Does::kAccept:
      return {{"accept", nullptr}};
    case FilterRule::Does::kReject:
      return {{"reject", {{"type", "icmp"}, {"expr", "admin-prohibited"}}}};
    case FilterRule::Does::kJump:
      return {{"jump", {{"target", rule.chain}}}};
    case FilterRule::Does::kToReal:
      return is_in_map(rule) ? nft_translation("dnat", "daddr", *rule.destination, rule.to)
                             : NftJson{{"dnat", {{"addr", to_string(rule.to)}}}};
    case FilterRule::Does::kToMapped:
      return is_in_map(rule) ? nft_translation("snat", "saddr", *rule.source, rule.to)
                             : NftJson{{"snat", {{"addr", to_string(rule.to)}}}};
  }
  return nullptr;
}

NftJson nft_rule(std::string_view chain, const FilterRule& rule) {
  NftJson expressions = NftJson::array();
  if (rule.asks == FilterRule::Asks::kFollows) {
    expressions.push_back(
        nft_match("in", {{"ct", {{"key", "state"}}}}, NftJson::array({"established", "related"})));
  } else if (rule.asks == FilterRule::Asks::kTranslated) {
    expressions.push_back(nft_match("in", {{"ct", {{"key", "status"}}}}, "dnat"));
  }
  if (rule.in) {
    expressions.push_back(nft_match("==", {{"meta", {{"key", "iifname"}}}}, *rule.in));
  }
  if (rule.out) {
    expressions.push_back(nft_match("==", {{"meta", {{"key", "oifname"}}}}, *rule.out));
  }
  if (rule.source && !is_in_map(rule)) {
    expressions.push_back(nft_match("==", nft_payload("ip", "saddr"), nft_prefix(*rule.source)));
  }
  if (rule.destination && !is_in_map(rule)) {
    expressions.push_back(
        nft_match("==", nft_payload("ip", "daddr"), nft_prefix(*rule.destination)));
  }
  if (rule.service) {
    expressions.push_back(
        nft_match("==", {{"meta", {{"key", "l4proto"}}}}, rule.service->protocol));
    if (!rule.service->ports.empty()) {
      expressions.push_back(
          nft_match("==", nft_payload("th", "dport"), nft_ports(rule.service->ports)));
    }
  }
  expressions.push_back(nft_verdict(rule));
  NftJson object = {{"family", "ip"}, {"table", kTable}, {"chain", chain}};
  if (!rule.comment.empty()) {
    object["comment"] = rule.comment;
  }
  object["expr"] = expressions;
  return {{"rule", object}};
}

NftJson nft_base_chain(const char* hook, const char* type, int priority, const char* policy) {
  return {{"chain",
           {{"family", "ip"},
            {"table", kTable},
            {"name", hook},
            {"type", type},
            {"hook", hook},
            {"prio", priority},
            {"policy", policy}}}};
}
NftJson nft_chain(const char* name) {
  return {{"chain", {{"family", "ip"}, {"table", kTable}, {"name", name}}}};
}

}  // namespace

std::string nft_text(const FilterRules& rules, const std::string& title) {
  // nft reads of this object the schema alone: JSON has no other place for remarks.
  NftJson about = {{"json_schema_version", 1}, {"about", title}};
  about["notes"] = rules.notes;
  constexpr int kDstNat = -100;
  constexpr int kSrcNat = 100;
  std::vector<NftJson> objects = {{{"metainfo", about}},
                                  {{"table", {{"family", "ip"}, {"name", kTable}}}},
                                  nft_base_chain("prerouting", "nat", kDstNat, "accept"),
                                  nft_base_chain("postrouting", "nat", kSrcNat, "accept"),
                                  nft_base_chain("forward", "filter", 0, "drop"),
                                  nft_chain(FilterRules::kReceivers)};
  if (rules.allowed) {
    objects.push_back(nft_chain(FilterRules::kAllowed));
  }
  const auto add = [&objects](const char* chain, const std::vector<FilterRule>& all) {
    for (const FilterRule& rule : all) {
      objects.push_back(nft_rule(chain, rule));
    }
  };
  add("prerouting", rules.prerouting);
  add("postrouting", rules.postrouting);
  add("forward", rules.forward);
  add(FilterRules::kReceivers, rules.receivers);
  if (rules.allowed) {
    add(FilterRules::kAllowed, *rules.allowed);
  }
  // A line for each, as a person reads them.
  std::string text = "{\"nftables\": [\n";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    text += objects[i].dump(-1, ' ', false, NftJson::error_handler_t::replace) +
            (i + 1 < objects.size() ? ",\n" : "\n");
  }
  return text + "]}\n";
}

}  // namespace natto::exports
