#include "explain/explain.hpp"

#include "api/reports/reports.hpp"
#include "base/hex.hpp"

namespace natto::api {

Result<ExplainReport> explain_report(const Config& config, const MappingTable& table, Role role,
                                     const ExplainRequest& request) {
  const auto frame = from_hex(request.frame);
  if (!frame) {
    return Error{ErrorKind::kUsage, "frame is not bytes in hexadecimal, two digits each"};
  }
  const Result<RealmId> realm = realm_of(config, table, request.realm, *frame);
  if (!realm) {
    return realm.error();
  }
  Explanation explanation = explain(config, table, *realm, *frame, role);
  const Verdict verdict = explanation.verdict;
  return ExplainReport{.version = {},
                       .sent = verdict.is_forward(),
                       .reason = verdict.is_drop() ? std::string(info(verdict.reason()).name) : "",
                       .rule = std::move(explanation.rule),
                       .steps = std::move(explanation.steps)};
}

Result<ExplainReport> explain_report(const AppliancePart& appliance,
                                     const ExplainRequest& request) {
  const auto loaded = appliance.live_table.current();
  Result<ExplainReport> report =
      explain_report(appliance.config, *loaded->table, appliance.dataplane.role.role(), request);
  if (report) {
    report->version = loaded->version();
  }
  return report;
}

}  // namespace natto::api
