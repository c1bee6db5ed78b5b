#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "import/parsers.hpp"
#include "import/words.hpp"

namespace natto::old_rules {
namespace {

using Json = nlohmann::json;

std::string string_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

void read_attachment(const Json& attachment, Ruleset& rules) {
  // The answer calls the list so, the request and CloudFormation otherwise.
  for (const char* key : {"NatGatewayRuleSet", "NatGatewayRules"}) {
    const auto list = attachment.find(key);
    if (list == attachment.end() || !list->is_array()) {
      continue;
    }
    const std::string id = string_at(attachment, "TransitGatewayAttachmentId");
    for (const Json& rule : *list) {
      if (!rule.is_object()) {
        continue;
      }
      const auto number = rule.find("RuleNumber");
      const std::string place = fmt::format("rule {}{}{}",
                                            number != rule.end() && number->is_number_unsigned()
                                                ? std::to_string(number->get<std::uint64_t>())
                                                : "?",
                                            id.empty() ? "" : " of ", id);
      const std::string from = string_at(rule, "MatchSourceCidr");
      const std::string to = string_at(rule, "NatCidr");
      const auto real = network_of(from);
      const auto mapped = network_of(to);
      if (!real || !mapped || real->length != mapped->length) {
        rules.not_carried.push_back(
            {place, fmt::format("{} to {}: no two networks of equal length", from, to)});
        continue;
      }
      if (const std::string state = string_at(rule, "State"); state == "deleting") {
        rules.not_carried.push_back({place, fmt::format("{} to {}: AWS is deleting it", from, to)});
        continue;
      }
      rules.mappings.push_back({.place = place,
                                .interface = id.empty() ? "attachment" : id,
                                .real = *real,
                                .mapped = *mapped});
    }
  }
}

}  // namespace

Result<Ruleset> read_tgw(std::string_view text) {
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    return input_error("this is no JSON");
  }
  Ruleset rules{.dialect = Dialect::kTgw};
  const Json attachments = document.is_array() ? document : Json::array({document});
  for (const Json& attachment : attachments) {
    if (attachment.is_object()) {
      read_attachment(attachment, rules);
    }
  }
  if (rules.mappings.empty() && rules.not_carried.empty()) {
    return input_error(
        "there is no NAT rule in it; natto takes the output of\n"
        "aws ec2 get-transit-gateway-attachment-nat-configuration, or a list of several");
  }
  return rules;
}

}  // namespace natto::old_rules
