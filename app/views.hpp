#pragma once

// How natto's reports look to a person. Pure: structs in, text out.

#include <cstdint>
#include <string>
#include <vector>

#include "api/messages.hpp"

namespace natto {

/// "9999", "10K", "3M": iptables' way; the exact number if asked.
[[nodiscard]] std::string short_number(std::uint64_t number, bool exact);

/// "2026-01-31 12:00:00"
[[nodiscard]] std::string local_time(std::uint64_t unix_ms);

/// How long ago `then_ms` was at `now_ms`: "never", "0s", "59s", "3m", "2h", "4d".
[[nodiscard]] std::string age(std::uint64_t then_ms, std::uint64_t now_ms);

/// In the order of `rows`.
[[nodiscard]] std::string mappings_view(const std::vector<api::MappingReport>& rows,
                                        std::uint64_t now_ms, bool exact);
[[nodiscard]] std::string drops_view(const api::DropsReport& report);
[[nodiscard]] std::string rules_view(const api::RulesReport& report);
[[nodiscard]] std::string limits_view(const api::LimitsReport& report);
[[nodiscard]] std::string ports_view(const api::PortsReport& report);
[[nodiscard]] std::string workers_view(const api::WorkersReport& report);
[[nodiscard]] std::string table_view(const api::TableReport& table);
[[nodiscard]] std::string role_view(const api::RoleReport& report);
[[nodiscard]] std::string reload_view(const api::ReloadReport& report, bool dry_run);
[[nodiscard]] std::string explain_view(const api::ExplainReport& report);

}  // namespace natto
