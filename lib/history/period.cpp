#include "history/period.hpp"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "history/sums.hpp"

namespace natto {
namespace {

using PeriodJson = nlohmann::ordered_json;

// Texts and numbers of an entry, in the order in which a line has them.

template <typename F>
void each_member(F f, auto& count) requires requires {
  count.mapped;
}
{
  f(count.name), f(count.realm), f(count.real), f(count.mapped);
  f(count.from_packets), f(count.from_bytes), f(count.to_packets), f(count.to_bytes);
}

template <typename F>
void each_member(F f, auto& count) requires requires {
  count.allows;
}
{
  f(count.name), f(count.allows), f(count.realms);
  f(count.there_packets), f(count.there_bytes), f(count.back_packets), f(count.back_bytes);
  f(count.refused_openings);
}

template <typename F>
void each_member(F f, auto& count) requires requires {
  count.over_packets;
}
{
  f(count.name), f(count.limits), f(count.realms);
  f(count.passed_packets), f(count.passed_bytes), f(count.over_packets), f(count.over_bytes);
}

template <typename Count>
void put_counts(PeriodJson& line, const char* key, const std::vector<Count>& counts) {
  PeriodJson rows = PeriodJson::array();
  for (const Count& count : counts) {
    PeriodJson& row = rows.emplace_back(PeriodJson::array());
    each_member([&row](const auto& member) { row.push_back(member); }, count);
  }
  if (!rows.empty()) {
    line[key] = std::move(rows);
  }
}

template <typename Count>
void get_counts(const PeriodJson& line, const char* key, std::vector<Count>& counts) {
  if (!line.contains(key)) {
    return;
  }
  for (const PeriodJson& row : line.at(key)) {
    std::size_t column = 0;
    each_member([&](auto& member) { row.at(column++).get_to(member); }, counts.emplace_back());
  }
}

WallTime time_at(const PeriodJson& json, const char* key) {
  return parse_utc(json.at(key).get<std::string>()).value();
}

Period from_json(const PeriodJson& line) {
  Period period{.from = time_at(line, "from"),
                .to = time_at(line, "to"),
                .begins = line.value("begins", false),
                .ends = line.value("ends", false)};
  for (const PeriodJson& table : line.at("tables")) {
    period.tables.push_back({.version = table.at("version").get<std::uint64_t>(),
                             .digest = table.at("digest").get<std::string>(),
                             .since = time_at(table, "since")});
  }
  period.counters = line.value("counters", Numbers());
  period.drops = line.value("drops", Numbers());
  period.ports = line.value("ports", std::map<std::string, Numbers>());
  get_counts(line, "mappings", period.mappings);
  get_counts(line, "rules", period.rules);
  get_counts(line, "limits", period.limits);
  return period;
}

template <typename Count>
void sum_up_counts(std::vector<Count>& counts) {
  Sums<Count> sums;
  for (const Count& count : counts) {
    sums.add(count);
  }
  counts = sums.values();
}

}  // namespace

std::vector<std::string> key_of(const MappingCount& count) {
  return {count.name, count.realm, count.real, count.mapped};
}
std::vector<std::string> key_of(const RuleCount& count) { return {count.name, count.allows}; }
std::vector<std::string> key_of(const LimitCount& count) { return {count.name, count.limits}; }

void sum_up(Period& period) {
  sum_up_counts(period.mappings);
  sum_up_counts(period.rules);
  sum_up_counts(period.limits);
}

std::string to_line(const Period& period) {
  PeriodJson line = {{"from", utc_text(period.from)}, {"to", utc_text(period.to)}};
  if (period.begins) {
    line["begins"] = true;
  }
  if (period.ends) {
    line["ends"] = true;
  }
  line["tables"] = PeriodJson::array();
  for (const TableInForce& table : period.tables) {
    line["tables"].push_back(
        {{"version", table.version}, {"digest", table.digest}, {"since", utc_text(table.since)}});
  }
  line["counters"] = period.counters;
  line["drops"] = period.drops;
  line["ports"] = period.ports;
  put_counts(line, "mappings", period.mappings);
  put_counts(line, "rules", period.rules);
  put_counts(line, "limits", period.limits);
  return line.dump(-1, ' ', /*ensure_ascii=*/true, PeriodJson::error_handler_t::replace);
}

std::optional<Period> parse_period(std::string_view line) {
  try {
    return from_json(PeriodJson::parse(line));
  } catch (const PeriodJson::exception&) {
    return std::nullopt;
  } catch (const std::bad_optional_access&) {  // no time
    return std::nullopt;
  }
}

}  // namespace natto
