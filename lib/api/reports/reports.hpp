#pragma once

// The reports of a running appliance. Any thread but workers; none of them waits.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "api/answer.hpp"
#include "api/messages.hpp"
#include "api/peer.hpp"
#include "api/reports/appliance_part.hpp"

namespace natto::api {

[[nodiscard]] TableReport table_report(const AppliancePart& appliance);
[[nodiscard]] CountersReport counters_report(const AppliancePart& appliance);
[[nodiscard]] DropsReport drops_report(const AppliancePart& appliance, const DropsRequest& request);
[[nodiscard]] RulesReport rules_report(const AppliancePart& appliance);
[[nodiscard]] LimitsReport limits_report(const AppliancePart& appliance);
[[nodiscard]] PortsReport ports_report(const AppliancePart& appliance);
[[nodiscard]] Result<PortReport> port_report(const AppliancePart& appliance,
                                             const PortRequest& request);
[[nodiscard]] DevicesReport devices_report(const AppliancePart& appliance);
[[nodiscard]] WorkersReport workers_report(const AppliancePart& appliance);
/// Without what only the handler knows: `started_ms` and `requests`.
[[nodiscard]] ProcessReport process_report();
/// The table of the other natto of a pair, as natto was told of it.
struct PeerTable {
  std::string digest = {};  ///< empty: never
  std::chrono::system_clock::time_point told = {};

  [[nodiscard]] bool differs_from(const std::string& own) const {
    return !digest.empty() && digest != own;
  }
};

[[nodiscard]] HealthReport health_report(const AppliancePart& appliance, const PeerTable& peer);
[[nodiscard]] RoleReport role_report(const AppliancePart& appliance, const PeerTable& peer);
/// The log says that `peer` asked.
void give_role(const AppliancePart& appliance, Role role, const Peer& peer);
/// Of the running table.
[[nodiscard]] Result<ExplainReport> explain_report(const AppliancePart& appliance,
                                                   const ExplainRequest& request);
/// Of what files say, to a natto in `role`; without `version`.
[[nodiscard]] Result<ExplainReport> explain_report(const Config& config, const MappingTable& table,
                                                   Role role, const ExplainRequest& request);

/// The line of a MappingsReport: all of one version, with their counters of now.
[[nodiscard]] Result<Pieces> mappings_pieces(const AppliancePart& appliance,
                                             const MappingsRequest& request);

/// What a client says with its request for a table.
struct Asked {
  std::string sudo_user = {};
  std::string confirm = {};
};

/// Answers when the reloader is done, telling its stages. The log and the audit say that `peer`
/// asked, the audit also what it claims: SUDO_USER.
void reload(Reloader& reloader, ReloadKind kind, const char* trigger, const Peer& peer,
            const Asked& asked, const std::shared_ptr<Answer>& answer);

[[nodiscard]] std::uint64_t unix_milliseconds(std::chrono::system_clock::time_point time);

}  // namespace natto::api
