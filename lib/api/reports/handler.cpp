#include "api/reports/handler.hpp"

#include "api/reports/reports.hpp"

namespace natto::api {
namespace {

/// Visits a request.
struct Answering {
  const AppliancePart& appliance;
  const Peer& peer;
  const std::shared_ptr<Answer>& answer;

  void operator()(const TableRequest&) const { report(table_report(appliance)); }
  void operator()(const CountersRequest&) const { report(counters_report(appliance)); }
  void operator()(const DropsRequest&) const { report(drops_report(appliance)); }
  void operator()(const PortsRequest&) const { report(ports_report(appliance)); }
  void operator()(const PortRequest& request) const { report(port_report(appliance, request)); }
  void operator()(const WorkersRequest&) const { report(workers_report(appliance)); }
  void operator()(const ExplainRequest& request) const {
    report(explain_report(appliance, request));
  }
  void operator()(const MappingsRequest& request) const {
    answer->report(mappings_pieces(appliance, request));
  }
  void operator()(const ReloadRequest&) const {
    reload(appliance.reloader, ReloadKind::kReload, "natto reload", peer, answer);
  }
  void operator()(const DryRunRequest&) const {
    reload(appliance.reloader, ReloadKind::kDryRun, "natto reload --dry-run", peer, answer);
  }
  void operator()(const RollbackRequest&) const {
    reload(appliance.reloader, ReloadKind::kRollback, "natto rollback", peer, answer);
  }

 private:
  template <typename Report>
  void report(const Report& made) const {
    answer->report(to_line(made));
  }
  template <typename Report>
  void report(const Result<Report>& made) const {
    made ? answer->report(to_line(*made)) : answer->refuse(made.error());
  }
};

}  // namespace

Server::Handler make_handler(const AppliancePart& appliance) {
  return
      [appliance](const Request& request, const Peer& peer, const std::shared_ptr<Answer>& answer) {
        std::visit(Answering{appliance, peer, answer}, request);
      };
}

}  // namespace natto::api
