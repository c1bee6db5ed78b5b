#include <chrono>

#include "api/reports/reports.hpp"

namespace natto::api {

std::uint64_t unix_milliseconds(std::chrono::system_clock::time_point time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

TableReport table_report(const AppliancePart& appliance) {
  const auto loaded = appliance.live_table.current();
  const auto& mappings = loaded->table->mappings;
  const TableFileState file = appliance.reloader.file_state();
  const LastReload last_reload = appliance.reloader.last_reload();
  TableReport report{.version = loaded->version(),
                     .digest = loaded->digest,
                     .mappings = mappings.size(),
                     .memory_bytes = loaded->translations->memory_bytes(),
                     .file = appliance.config.table_file.string(),
                     .file_state = file.refused()                 ? "refused"
                                   : file.differs(loaded->digest) ? "differs"
                                                                  : "same",
                     .file_refused_ms = unix_milliseconds(file.refused_since),
                     .file_error = file.refusal,
                     .read_from = loaded->table->file.string(),
                     .loaded_ms = unix_milliseconds(loaded->loaded),
                     .trigger = loaded->trigger,
                     .who = loaded->who,
                     .rollback_possible = appliance.reloader.rollback_possible(),
                     .reloads = appliance.reloader.reloads(),
                     .refused_reloads = appliance.reloader.refusals(),
                     .last_reload_ms = unix_milliseconds(last_reload.ended),
                     .last_reload_refused = last_reload.refused,
                     .last_reload_us = static_cast<std::uint64_t>(last_reload.took.count())};
  report.serial = loaded->table->serial.value_or(0);
  for (const ssh::GoodSignature& signature : loaded->table->signatures) {
    report.signed_by.push_back(signature.party);
  }
  for (const Mapping& mapping : mappings) {
    report.hosts += mapping.real.length == 32 ? 1 : 0;
    report.addresses += mapping.real.addresses();
  }
  report.prefixes = report.mappings - report.hosts;
  return report;
}

}  // namespace natto::api
