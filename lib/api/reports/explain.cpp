#include "explain/explain.hpp"

#include <fmt/format.h>

#include "api/reports/reports.hpp"

namespace natto::api {
namespace {

template <typename Number>
bool fits(std::uint64_t number) {
  return number <= std::numeric_limits<Number>::max();
}

Result<ExplainQuery> query_of(const ExplainRequest& request) {
  const auto source = parse_ipv4_address(request.source);
  const auto destination = parse_ipv4_address(request.destination);
  if (!source || !destination) {
    return input_error(fmt::format("{} is not an IPv4 address; write it like 10.0.0.1",
                                   !source ? request.source : request.destination));
  }
  if (!fits<std::uint8_t>(request.protocol) || !fits<std::uint16_t>(request.length) ||
      request.length < 40 || !fits<std::uint8_t>(request.ttl)) {
    return input_error("protocol and ttl are 0 to 255, length 40 to 65535");
  }
  return ExplainQuery{.source = *source,
                      .destination = *destination,
                      .realm = request.realm,
                      .protocol = static_cast<std::uint8_t>(request.protocol),
                      .length = static_cast<std::uint16_t>(request.length),
                      .ttl = static_cast<std::uint8_t>(request.ttl),
                      .dont_fragment = request.dont_fragment};
}

}  // namespace

Result<ExplainReport> explain_report(const Config& config, const MappingTable& table,
                                     const ExplainRequest& request) {
  const Result<ExplainQuery> query = query_of(request);
  if (!query) {
    return query.error();
  }
  Result<Explanation> explanation = explain(config, table, *query);
  if (!explanation) {
    return explanation.error();
  }
  const Verdict verdict = explanation->verdict;
  return ExplainReport{.version = {},
                       .sent = verdict.is_forward(),
                       .reason = verdict.is_drop() ? std::string(info(verdict.reason()).name) : "",
                       .steps = std::move(explanation->steps)};
}

Result<ExplainReport> explain_report(const AppliancePart& appliance,
                                     const ExplainRequest& request) {
  const auto version = appliance.live_table.current();
  Result<ExplainReport> report = explain_report(appliance.config, *version->table, request);
  if (report) {
    report->version = version->number;
  }
  return report;
}

}  // namespace natto::api
