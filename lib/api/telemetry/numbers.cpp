#include "api/telemetry/numbers.hpp"

#include <concepts>
#include <string>

#include "api/fields.hpp"
#include "api/reports/reports.hpp"

namespace natto {
namespace {

/// Calls `take` with the key and the value of each member that is a number, or true or false.
void each_number(const auto& report, auto take) {
  fields(report, [&](const char* key, const auto& member, const char*) {
    if constexpr (std::integral<std::remove_cvref_t<decltype(member)>>) {
      take(key, std::uint64_t{member});
    }
  });
}

/// A list for each number of the reports.
template <typename Report>
TelemetryAnswer lists(const std::vector<Report>& reports) {
  TelemetryAnswer answer;
  each_number(Report(), [&](const char* key, std::uint64_t) { answer.lists.push_back({key, {}}); });
  for (const Report& report : reports) {
    auto list = answer.lists.begin();
    each_number(report,
                [&](const char*, std::uint64_t number) { (list++)->second.push_back(number); });
  }
  return answer;
}

TelemetryAnswer table(const AppliancePart& appliance) {
  const api::TableReport report = api::table_report(appliance);
  TelemetryAnswer answer;
  each_number(report, [&](const char* key, std::uint64_t number) {
    answer.numbers.emplace_back(key, number);
  });
  answer.numbers.emplace_back("file_refused", report.file_state == "refused" ? 1 : 0);
  answer.numbers.emplace_back("file_differs", report.file_state == "differs" ? 1 : 0);
  return answer;
}

TelemetryAnswer counters(const AppliancePart& appliance) {
  TelemetryAnswer answer;
  each_number(api::counters_report(appliance), [&](const char* key, std::uint64_t number) {
    answer.numbers.emplace_back(key, number);
  });
  return answer;
}

TelemetryAnswer drops(const AppliancePart& appliance) {
  TelemetryAnswer answer;
  for (const api::DropReport& drop : api::drops_report(appliance, {}).drops) {
    answer.numbers.emplace_back(drop.reason, drop.packets);
  }
  return answer;
}

TelemetryAnswer ports(const AppliancePart& appliance) {
  const auto reports = api::ports_report(appliance).ports;
  TelemetryAnswer answer = lists(reports);
  auto& link_up = answer.lists.emplace_back("link_up", std::vector<std::uint64_t>()).second;
  for (const api::PortReport& report : reports) {
    link_up.push_back(report.link == "up" ? 1 : 0);
  }
  return answer;
}

TelemetryAnswer workers(const AppliancePart& appliance) {
  const api::WorkersReport report = api::workers_report(appliance);
  TelemetryAnswer answer = lists(report.workers);
  answer.numbers.emplace_back("tsc_hz", report.tsc_hz);
  return answer;
}

}  // namespace

std::vector<TelemetryCommand> telemetry_numbers(const AppliancePart& appliance) {
  const auto of = [&appliance](TelemetryAnswer (*answer)(const AppliancePart&)) {
    return [appliance, answer] { return answer(appliance); };
  };
  return {{"/natto/counters", "What happened to all packets", of(counters)},
          {"/natto/drops", "Dropped packets by reason", of(drops)},
          {"/natto/table", "Numbers of the table in force and of its file", of(table)},
          {"/natto/ports", "Numbers of the ports, in lists by port", of(ports)},
          {"/natto/workers", "Numbers of the workers, in lists by worker", of(workers)}};
}

}  // namespace natto
