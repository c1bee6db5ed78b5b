#include "mappings_query.hpp"

#include <fmt/format.h>

#include <utility>

#include "views.hpp"

namespace natto {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxRestarts = 20;

}  // namespace

Result<Json> ask_mappings(const TelemetryClient& natto, const std::string& filter) {
  Json rows = Json::array();
  Json generation;
  std::uint64_t first = 0;
  int restarts = 0;
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
        if (++restarts > kMaxRestarts) {
          return system_error("the table changes faster than it can be listed: try again");
        }
        continue;
      }
    }
    for (Json& row : mapping_rows(*page)) {
      rows.push_back(std::move(row));
    }
    if (page->at("end") == 1) {
      return rows;
    }
    const std::uint64_t next = page->at("next");
    if (next <= first) {
      return system_error("natto's list of mappings ends early: does another version run?");
    }
    first = next;
  }
}

}  // namespace natto
