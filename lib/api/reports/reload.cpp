#include <fmt/format.h>

#include "api/reports/reports.hpp"

namespace natto::api {
namespace {

ReloadReport report_of(const ReloadOutcome& outcome) {
  const auto count = [](ReloadOutcome::Microseconds time) {
    return static_cast<std::uint64_t>(time.count());
  };
  return {.id = outcome.id,
          .version = outcome.version,
          .mappings = outcome.mappings,
          .added = outcome.added,
          .removed = outcome.removed,
          .changed = outcome.changed,
          .policy_changes = outcome.policy_changes,
          .digest_before = outcome.digest_before,
          .digest_after = outcome.digest_after,
          .parse_us = count(outcome.parse),
          .build_us = count(outcome.build),
          .grace_us = count(outcome.grace),
          .grace_pending = outcome.grace_pending,
          .text = outcome.text,
          .config_changed = outcome.config_changed};
}

/// `sudo_user` is what the client says of itself.
Actor actor_of(const Peer& peer, const std::string& sudo_user) {
  constexpr std::size_t kMostClaimed = 256;  // longer than any user's name
  return {.kind = Actor::Kind::kClient,
          .user = peer.user,
          .process = peer.process,
          .program = peer.program,
          .login_user = peer.login_user,
          .claimed_sudo_user = sudo_user.substr(0, kMostClaimed)};
}

}  // namespace

void reload(Reloader& reloader, ReloadKind kind, const char* trigger, const Peer& peer,
            const Asked& asked, const std::shared_ptr<Answer>& answer) {
  const bool taken = reloader.request(
      {.kind = kind,
       .trigger = trigger,
       .who = to_string(peer),
       .progress =
           [answer](std::string_view stage) {
             answer->progress(to_line(ProgressReport{.progress = std::string(stage)}));
           },
       .done =
           [answer](const ReloadOutcome& outcome) {
             if (outcome.refused) {
               answer->refuse({*outcome.refused, outcome.text});
             } else {
               answer->report(to_line(report_of(outcome)));
             }
           },
       .by = actor_of(peer, asked.sudo_user),
       .confirm = asked.confirm});
  if (!taken) {
    answer->refuse(system_error(
        fmt::format("natto is ending, or {} reloads wait already", Reloader::kMaxWaiting)));
  }
}

}  // namespace natto::api
