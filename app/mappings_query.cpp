#include "mappings_query.hpp"

#include <fmt/format.h>

#include <utility>

#include "views.hpp"

namespace natto {

using Json = nlohmann::ordered_json;

Result<Json> ask_mappings(const TelemetryClient& natto, const std::string& filter) {
  Json rows = Json::array();
  Json generation;
  std::uint64_t first = 0;
  while (true) {
    const Result<Json> page = natto.ask(
        "/natto/mappings", fmt::format("{}{}{}", first, filter.empty() ? "" : ",", filter));
    if (!page) {
      return page.error();
    }
    if (page->at("generation") != generation) {
      generation = page->at("generation");
      rows = Json::array();
      if (std::exchange(first, 0) != 0) {
        continue;
      }
    }
    for (Json& row : mapping_rows(*page)) {
      rows.push_back(std::move(row));
    }
    if (page->at("end") == 1) {
      return rows;
    }
    first = page->at("next");
  }
}

}  // namespace natto
