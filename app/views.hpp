#pragma once

// How the answers of doc/telemetry.md look to a person. Pure: JSON in, text out. They expect the
// members that doc/telemetry.md promises and throw nlohmann::json::exception without them.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace natto {

/// "9999", "10K", "3M": iptables' way; the exact number if asked.
[[nodiscard]] std::string short_number(std::uint64_t number, bool exact);

/// How long ago `then_ms` was at `now_ms`: "never", "0s", "59s", "3m", "2h", "4d".
[[nodiscard]] std::string age(std::uint64_t then_ms, std::uint64_t now_ms);

/// `rows`: a list of objects, one for each mapping, in the order to show.
[[nodiscard]] std::string mappings_view(const nlohmann::ordered_json& rows, std::uint64_t now_ms,
                                        bool exact);
/// `drops`: by name, with meaning and advice.
[[nodiscard]] std::string drops_view(const nlohmann::ordered_json& drops);
/// `ports`: a list, each with the members of /natto/ports and of /natto/port.
[[nodiscard]] std::string ports_view(const nlohmann::ordered_json& ports);
[[nodiscard]] std::string workers_view(const nlohmann::ordered_json& workers);
[[nodiscard]] std::string table_view(const nlohmann::ordered_json& table);
[[nodiscard]] std::string outcome_view(const nlohmann::ordered_json& outcome, std::string_view text,
                                       bool dry_run);

/// The parallel lists of a page of /natto/mappings as a list of objects.
[[nodiscard]] nlohmann::ordered_json mapping_rows(const nlohmann::ordered_json& page);

/// Orders what mapping_rows gave: "packets", "bytes" and "last" with the largest first, "name" as
/// words, "file" as they came.
void sort_mappings(nlohmann::ordered_json& rows, std::string_view by);

/// Adds to each reason its "meaning" and "advice", the most frequent reason first.
[[nodiscard]] nlohmann::ordered_json explain_drops(const nlohmann::ordered_json& drops);

/// What natto said of itself at one moment.
struct TopSample {
  double seconds = 0;  ///< of a steady clock
  nlohmann::ordered_json counters;
  nlohmann::ordered_json drops;
  nlohmann::ordered_json ports;
  nlohmann::ordered_json workers;
  nlohmann::ordered_json mappings;  ///< rows
};

/// What happened per second from one sample to the next: "received", "translated", "dropped",
/// "ports", "workers", "drops", and as "mappings" the ten with the most packets.
[[nodiscard]] nlohmann::ordered_json top_rates(const TopSample& before, const TopSample& now);
[[nodiscard]] std::string top_view(const nlohmann::ordered_json& rates);

}  // namespace natto
