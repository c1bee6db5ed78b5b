#include "api/reports/reports.hpp"
#include "dpdk/log.hpp"

namespace natto::api {

RoleReport role_report(const AppliancePart& appliance, const PeerTable& peer) {
  const RoleState& state = appliance.dataplane.role;
  const RoleState::Given given = state.given();
  const auto loaded = appliance.live_table.current();
  const std::uint64_t to_announce = appliance.control.to_announce.value();
  const bool begins = appliance.control.activations.value() != state.activations();
  return {.role = std::string(name_of(given.role)),
          .since_ms = unix_milliseconds(given.since),
          .who = given.who,
          .announcing = given.role == Role::kActive && (begins || to_announce > 0),
          .to_announce = to_announce,
          .version = loaded->version(),
          .digest = loaded->digest,
          .peer = appliance.config.ha.peer.value_or(""),
          .peer_digest = peer.digest,
          .peer_told_ms = unix_milliseconds(peer.told),
          .peer_differs = peer.differs_from(loaded->digest)};
}

void give_role(const AppliancePart& appliance, Role role, const Peer& peer) {
  const std::string who = to_string(peer);
  const Role before = appliance.dataplane.role.role();
  appliance.dataplane.role.give(role, who);
  if (role != before) {
    log(LogLevel::kInfo, "role: {}, was {} (by {})", name_of(role), name_of(before), who);
  }
}

}  // namespace natto::api
