#include "doctor/eni.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "config/values.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

/// The member; null if there is none, or `object` is no object.
const Json& member(const Json& object, const char* name) {
  static const Json kNone;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : kNone;
}

std::string text_in(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

/// The members of an array; none of anything else.
const Json::array_t& list_in(const Json& object, const char* name) {
  static const Json::array_t kNone;
  const Json& value = member(object, name);
  return value.is_array() ? value.get_ref<const Json::array_t&>() : kNone;
}

/// The list `name` of the outermost object.
Result<Json> parse_list(std::string_view json, const char* name, std::string_view command) {
  const Json root = Json::parse(json, nullptr, false);
  if (!member(root, name).is_array()) {
    return input_error(fmt::format(
        "this is not the JSON that `aws ec2 {}` prints: it has no list {}", command, name));
  }
  return root;
}

void add_owned(Eni& eni, const std::string& text) {
  if (const auto prefix = parse_ipv4_prefix(text)) {
    eni.owned.push_back(*prefix);
  }
}

bool is_from_everywhere(const Json& rule) {
  return std::ranges::any_of(list_in(rule, "IpRanges"), [](const Json& range) {
    return text_in(range, "CidrIp") == "0.0.0.0/0";
  });
}

/// A rule for every protocol has no ports.
bool is_for_every_port(const Json& rule) {
  return member(rule, "FromPort") == 0 && member(rule, "ToPort") == 65'535;
}

SecurityGroup::Direction parse_rules(const Json::array_t& rules) {
  SecurityGroup::Direction direction;
  for (const Json& rule : rules) {
    if (!is_from_everywhere(rule)) {
      continue;
    }
    const std::string protocol = text_in(rule, "IpProtocol");
    const bool every_protocol = protocol == "-1";
    direction.all_tcp |= every_protocol || (protocol == "tcp" && is_for_every_port(rule));
    direction.all_udp |= every_protocol || (protocol == "udp" && is_for_every_port(rule));
  }
  return direction;
}

}  // namespace

bool Eni::owns(Ipv4Address address) const noexcept {
  return std::ranges::any_of(
      owned, [address](const Ipv4Prefix& prefix) { return prefix.contains(address); });
}

bool is_aws_id(std::string_view text) noexcept { return is_name(text, {1, 64}); }

Result<std::vector<Eni>> parse_network_interfaces(std::string_view json) {
  const Result<Json> root = parse_list(json, "NetworkInterfaces", "describe-network-interfaces");
  if (!root) {
    return root.error();
  }
  std::vector<Eni> enis;
  for (const Json& entry : list_in(*root, "NetworkInterfaces")) {
    Eni eni{.id = text_in(entry, "NetworkInterfaceId")};
    if (!is_aws_id(eni.id)) {
      continue;
    }
    for (const Json& address : list_in(entry, "PrivateIpAddresses")) {
      add_owned(eni, text_in(address, "PrivateIpAddress"));
    }
    for (const Json& prefix : list_in(entry, "Ipv4Prefixes")) {
      add_owned(eni, text_in(prefix, "Ipv4Prefix"));
    }
    if (const Json& check = member(entry, "SourceDestCheck"); check.is_boolean()) {
      eni.source_dest_check = check.get<bool>();
    }
    for (const Json& group : list_in(entry, "Groups")) {
      if (std::string id = text_in(group, "GroupId"); is_aws_id(id)) {
        eni.security_groups.push_back(std::move(id));
      }
    }
    enis.push_back(std::move(eni));
  }
  return enis;
}

Result<std::vector<SecurityGroup>> parse_security_groups(std::string_view json) {
  const Result<Json> root = parse_list(json, "SecurityGroups", "describe-security-groups");
  if (!root) {
    return root.error();
  }
  std::vector<SecurityGroup> groups;
  for (const Json& entry : list_in(*root, "SecurityGroups")) {
    groups.push_back({.id = text_in(entry, "GroupId"),
                      .in = parse_rules(list_in(entry, "IpPermissions")),
                      .out = parse_rules(list_in(entry, "IpPermissionsEgress"))});
  }
  return groups;
}

}  // namespace natto
