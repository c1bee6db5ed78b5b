#include "record/refusal_line.hpp"

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "base/utc.hpp"
#include "explain/policy_story.hpp"
#include "packet/flow.hpp"
#include "packet/protocol_names.hpp"
#include "table/policy_compiler.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::kNew:
      return "new";
    case Refusal::Kind::kGoesOn:
      return "goes on";
    case Refusal::Kind::kOthers:
      return "others";
  }
  return "";
}

/// The rule that is nearest to allowing the flow, or the limits that hold for it.
void add_policy(Json& line, const RefusedFlow& flow, const RefusedEnds& ends,
                const MappingTable& table, const Config& config) {
  if (!table.compiled || !ends.destination) {
    return;
  }
  const Policy::Group source = ends.source ? ends.source->group : Policy::unmapped(flow.realm);
  const Policy::Group destination = ends.destination->group;
  if (is_of_policy(flow.reason)) {
    const AllowRule* rule = PolicyNarrator(table, config)
                                .nearest(source, destination,
                                         {.protocol = flow.protocol,
                                          .source_port = flow.source_port,
                                          .destination_port = flow.destination_port});
    if (rule != nullptr) {
      line["nearest_rule"] = rule->name;
    }
  } else if (flow.reason == DropReason::kOverLimit) {
    table.compiled->policy.for_each_limit(source, destination, [&](std::uint32_t limit) {
      line["limits"].push_back(table.rules.limits[limit].name);
    });
  }
}

void add_flow(Json& line, const RefusedFlow& flow, const RefusedEnds& ends,
              const MappingTable& table, const Config& config) {
  line["realm"] = config.ports[flow.realm].realm;
  line["source"] = to_string(flow.source);
  if (ends.source) {
    line["source_mapped"] = to_string(ends.source->apply(flow.source).address);
    line["source_mapping"] = table.mappings[ends.source->mapping].name;
  }
  line["destination"] = to_string(flow.destination);
  if (ends.destination) {
    line["destination_real"] = to_string(ends.destination->apply(flow.destination).address);
    line["destination_mapping"] = table.mappings[ends.destination->mapping].name;
    line["destination_realm"] = config.ports[ends.destination->realm].realm;
  }
  line["protocol"] = protocol_name(flow.protocol);
  if (has_ports(flow.protocol) && (flow.source_port != 0 || flow.destination_port != 0)) {
    line["source_port"] = flow.source_port;
    line["destination_port"] = flow.destination_port;
  }
  add_policy(line, flow, ends, table, config);
}

}  // namespace

std::string refusal_line(const Refusal& refusal, const RefusedEnds& ends, const MappingTable& table,
                         const Config& config, std::chrono::system_clock::time_point now) {
  Json line;
  line["time"] = utc_text(now);
  line["refused"] = name_of(refusal.kind);
  line["reason"] = info(refusal.flow.reason).name;
  if (refusal.kind == Refusal::Kind::kOthers) {
    line["packets"] = refusal.count.packets;
  } else {
    add_flow(line, refusal.flow, ends, table, config);
    line["packets"] = refusal.count.packets;
    line["bytes"] = refusal.count.bytes;
  }
  return line.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

}  // namespace natto
