#include "exporter/page.hpp"

#include <algorithm>
#include <cctype>
#include <functional>

#include "api/fields.hpp"
#include "api/json_fields.hpp"
#include "base/address.hpp"
#include "health_judgement.hpp"

namespace natto {
namespace {

using api::Json;

template <typename Report>
Json json_of(const Report& report) {
  Json json;
  api::put(json, report);
  return json;
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json health_of(const HealthJudgement& judgement) { return Json::parse(health_json(judgement)); }

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

std::uint64_t packets(const api::MappingReport& mapping) {
  return mapping.from_packets + mapping.to_packets;
}

}  // namespace

std::string page_json(const Result<Snapshot>& natto, const History& history) {
  Json json = {{"up", natto.ok()}};
  if (!natto) {
    json["health"] = health_of(judge_unreachable(natto.error()));
    json["ports"] = json["drops"] = json["hints"] = Json::array();
  } else {
    json["health"] = health_of(judge_health(natto->health));
    json["process"] = json_of(natto->process);
    json["table"] = json_of(natto->table);
    const Json ports = json_of(natto->ports);
    for (const Json& port : ports["ports"]) {
      Json shown;
      for (const char* key : {"realm", "device", "driver", "address", "state", "link", "next_hop",
                              "next_hop_mac", "next_hop_silent", "neighbours"}) {
        shown[key] = port[key];
      }
      shown["losses"] = port["counters"];
      json["ports"].push_back(std::move(shown));
    }
    Json drops = json_of(natto->drops);
    json["drops"] = std::move(drops["drops"]);
    json["hints"] = std::move(drops["hints"]);
  }
  json["history"] = history.json();
  return text_of(json);
}

api::MappingsRequest request_for(const std::string& text) {
  if (text.empty()) {
    return {.filter = "", .sort = "packets", .limit = kMostRows};
  }
  return {.filter = parse_ipv4_prefix(text) ? text : ""};
}

std::string mappings_json(std::vector<api::MappingReport> mappings, std::string_view text,
                          std::uint64_t not_asked_for) {
  if (!parse_ipv4_prefix(text)) {
    std::erase_if(mappings, [wanted = lower(text)](const api::MappingReport& mapping) {
      return lower(mapping.name).find(wanted) == std::string::npos;
    });
  }
  Json json = {{"found", mappings.size() + not_asked_for}, {"mappings", Json::array()}};
  const std::size_t shown = std::min(mappings.size(), kMostRows);
  std::ranges::partial_sort(mappings, mappings.begin() + static_cast<std::ptrdiff_t>(shown),
                            std::greater(), packets);
  for (std::size_t i = 0; i < shown; ++i) {
    json["mappings"].push_back(json_of(mappings[i]));
  }
  return text_of(json);
}

std::string mappings_json(const Error& error) { return text_of({{"error", error.what()}}); }

}  // namespace natto
