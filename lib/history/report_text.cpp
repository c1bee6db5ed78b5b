#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "history/report.hpp"

namespace natto {
namespace {

using ReportJson = nlohmann::ordered_json;

/// Lines of text.
class ReportText {
 public:
  template <typename... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    text_ += '\n';
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_numbers(ReportText& text, const Numbers& numbers) {
  for (const auto& [name, number] : numbers) {
    text.add("  {:<40} {:>16}", name, number);
  }
}

void add_times(ReportText& text, const EvidenceReport& report) {
  text.add("from {} to {}{}", utc_text(report.from()), utc_text(report.to()),
           report.realm() ? ", of realm " + *report.realm() + " alone" : "");
  if (!report.counted()) {
    text.add("nothing was counted in this time");
    return;
  }
  text.add("counted from {} to {}; natto started {} time(s)", utc_text(report.counted()->first),
           utc_text(report.counted()->second), report.starts());
  for (const HistoryGap& gap : report.gaps()) {
    if (gap.crashed) {
      text.add("natto ended unexpectedly between {} and {}: what it counted then is lost",
               utc_text(gap.from), utc_text(gap.to));
    } else {
      text.add("natto did not run from {} to {}", utc_text(gap.from), utc_text(gap.to));
    }
  }
}

void add_entries(ReportText& text, const EvidenceReport& report) {
  text.add("\nmappings: packets and bytes from the host, then to it");
  for (const MappingCount& count : report.mappings()) {
    text.add("  {}: {} {} <-> {}\n    from {} ({} bytes), to {} ({} bytes)", count.name,
             count.realm, count.real, count.mapped, count.from_packets, count.from_bytes,
             count.to_packets, count.to_bytes);
  }
  text.add("\nrules: packets and bytes there, then back");
  for (const RuleCount& count : report.rules()) {
    text.add("  {}: {}\n    there {} ({} bytes), back {} ({} bytes), {} refused opening(s)",
             count.name, count.allows, count.there_packets, count.there_bytes, count.back_packets,
             count.back_bytes, count.refused_openings);
  }
  text.add("\nlimits: packets and bytes that passed, then that were over");
  for (const LimitCount& count : report.limits()) {
    text.add("  {}: {}\n    passed {} ({} bytes), over {} ({} bytes)", count.name, count.limits,
             count.passed_packets, count.passed_bytes, count.over_packets, count.over_bytes);
  }
}

template <typename Count, typename F>
ReportJson rows(const std::vector<Count>& counts, F to_row) {
  ReportJson found = ReportJson::array();
  for (const Count& count : counts) {
    found.push_back(to_row(count));
  }
  return found;
}

}  // namespace

std::string to_text(const EvidenceReport& report) {
  ReportText text;
  add_times(text, report);
  text.add("\ntables in force");
  for (const TableInForce& table : report.tables()) {
    text.add("  since {}: version {}, digest {}", utc_text(table.since), table.version,
             table.digest);
  }
  if (!report.realm()) {
    text.add("\npackets");
    add_numbers(text, report.counters());
    text.add("\ndropped, by reason");
    add_numbers(text, report.drops());
  }
  for (const auto& [realm, numbers] : report.ports()) {
    text.add("\nport of {}", realm);
    add_numbers(text, numbers);
  }
  add_entries(text, report);
  return text.take();
}

std::string to_json(const EvidenceReport& report) {
  ReportJson json = {{"from", utc_text(report.from())}, {"to", utc_text(report.to())}};
  if (report.realm()) {
    json["realm"] = *report.realm();
  }
  if (report.counted()) {
    json["counted_from"] = utc_text(report.counted()->first);
    json["counted_to"] = utc_text(report.counted()->second);
  }
  json["starts"] = report.starts();
  json["gaps"] = rows(report.gaps(), [](const HistoryGap& gap) {
    return ReportJson{
        {"from", utc_text(gap.from)}, {"to", utc_text(gap.to)}, {"crashed", gap.crashed}};
  });
  json["tables"] = rows(report.tables(), [](const TableInForce& table) {
    return ReportJson{
        {"version", table.version}, {"digest", table.digest}, {"since", utc_text(table.since)}};
  });
  if (!report.realm()) {
    json["counters"] = report.counters();
    json["drops"] = report.drops();
  }
  json["ports"] = report.ports();
  json["mappings"] = rows(report.mappings(), [](const MappingCount& count) {
    return ReportJson{{"name", count.name},
                      {"realm", count.realm},
                      {"real", count.real},
                      {"mapped", count.mapped},
                      {"from_packets", count.from_packets},
                      {"from_bytes", count.from_bytes},
                      {"to_packets", count.to_packets},
                      {"to_bytes", count.to_bytes}};
  });
  json["rules"] = rows(report.rules(), [](const RuleCount& count) {
    return ReportJson{{"name", count.name},
                      {"allows", count.allows},
                      {"there_packets", count.there_packets},
                      {"there_bytes", count.there_bytes},
                      {"back_packets", count.back_packets},
                      {"back_bytes", count.back_bytes},
                      {"refused_openings", count.refused_openings}};
  });
  json["limits"] = rows(report.limits(), [](const LimitCount& count) {
    return ReportJson{{"name", count.name},
                      {"limits", count.limits},
                      {"passed_packets", count.passed_packets},
                      {"passed_bytes", count.passed_bytes},
                      {"over_packets", count.over_packets},
                      {"over_bytes", count.over_bytes}};
  });
  return json.dump(-1, ' ', false, ReportJson::error_handler_t::replace) + "\n";
}

}  // namespace natto
