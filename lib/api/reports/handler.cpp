#include "api/reports/handler.hpp"

#include <chrono>

#include "api/reports/capture.hpp"
#include "api/reports/mapping_samples.hpp"
#include "api/reports/reports.hpp"

namespace natto::api {
namespace {

/// What the handler keeps from one request to the next.
struct HandlerState {
  explicit HandlerState(const AppliancePart& appliance)
      : samples(appliance.live_table), captures(appliance) {}

  MappingSamples samples;
  Captures captures;
  PeerTable peer;
  std::uint64_t started_ms = unix_milliseconds(std::chrono::system_clock::now());
  std::uint64_t requests = 0;
};

/// Visits a request.
struct Answering {
  const AppliancePart& appliance;
  const Peer& peer;
  const std::shared_ptr<Answer>& answer;
  HandlerState& state;

  void operator()(const TableRequest&) const { report(table_report(appliance)); }
  void operator()(const CountersRequest&) const { report(counters_report(appliance)); }
  void operator()(const DropsRequest& request) const { report(drops_report(appliance, request)); }
  void operator()(const RulesRequest&) const { report(rules_report(appliance)); }
  void operator()(const LimitsRequest&) const { report(limits_report(appliance)); }
  void operator()(const PortsRequest&) const { report(ports_report(appliance)); }
  void operator()(const PortRequest& request) const { report(port_report(appliance, request)); }
  void operator()(const DevicesRequest&) const { report(devices_report(appliance)); }
  void operator()(const WorkersRequest&) const { report(workers_report(appliance)); }
  void operator()(const ProcessRequest&) const {
    ProcessReport process = process_report();
    process.started_ms = state.started_ms;
    process.requests = state.requests;
    report(process);
  }
  void operator()(const HealthRequest&) const { report(health_report(appliance, state.peer)); }
  void operator()(const RoleRequest&) const { report(role_report(appliance, state.peer)); }
  void operator()(const ActivateRequest&) const { give(Role::kActive); }
  void operator()(const StandbyRequest&) const { give(Role::kStandby); }
  void operator()(const PeerRequest& request) const {
    state.peer = {.digest = request.digest, .told = std::chrono::system_clock::now()};
    report(role_report(appliance, state.peer));
  }
  void operator()(const ExplainRequest& request) const {
    report(explain_report(appliance, request));
  }
  void operator()(const MappingsRequest& request) const {
    Result<Pieces> made = mappings_pieces(appliance, request);
    made ? answer->report(*std::move(made)) : answer->refuse(made.error());
  }
  void operator()(const CaptureRequest& request) const {
    Result<Pieces> lines = state.captures.begin(request, peer);
    lines ? answer->follow(*std::move(lines)) : answer->refuse(lines.error());
  }
  void operator()(const BusiestRequest& request) const { report(state.samples.look(request)); }
  void operator()(const ReloadRequest& request) const {
    reload(appliance.reloader, ReloadKind::kReload, "natto reload", peer,
           {.sudo_user = request.sudo_user, .confirm = request.confirm}, answer);
  }
  void operator()(const DryRunRequest&) const {
    reload(appliance.reloader, ReloadKind::kDryRun, "natto reload --dry-run", peer, {}, answer);
  }
  void operator()(const RollbackRequest& request) const {
    reload(appliance.reloader, ReloadKind::kRollback, "natto rollback", peer,
           {.sudo_user = request.sudo_user}, answer);
  }

 private:
  void give(Role role) const {
    give_role(appliance, role, peer);
    report(role_report(appliance, state.peer));
  }
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
  return [appliance, state = std::make_shared<HandlerState>(appliance)](
             const Request& request, const Peer& peer, const std::shared_ptr<Answer>& answer) {
    ++state->requests;
    std::visit(Answering{appliance, peer, answer, *state}, request);
  };
}

}  // namespace natto::api
