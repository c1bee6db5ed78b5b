#pragma once

// What a running natto says of itself at one moment, for its metrics.

#include <string>
#include <string_view>
#include <vector>

#include "api/client.hpp"
#include "api/messages.hpp"
#include "exporter/history.hpp"

namespace natto {

/// Whose mappings have series: all, none, or those of names, addresses and prefixes.
class MappingChoice {
 public:
  /// "all", "none", or names with commas between. An error of kind kUsage for an empty name.
  [[nodiscard]] static Result<MappingChoice> parse(std::string_view text);

  /// The filters of the requests that ask for them.
  [[nodiscard]] const std::vector<std::string>& filters() const { return filters_; }

 private:
  std::vector<std::string> filters_;
};

struct Snapshot {
  api::ProcessReport process = {};
  api::HealthReport health = {};
  api::TableReport table = {};
  api::CountersReport counters = {};
  api::DropsReport drops = {};
  api::PortsReport ports = {};
  api::DevicesReport devices = {};
  api::WorkersReport workers = {};
  api::RulesReport rules = {};
  api::LimitsReport limits = {};
  std::vector<api::MappingReport> mappings = {};  ///< those chosen, each once
};

/// Fails with the first request that does.
[[nodiscard]] Result<Snapshot> take_snapshot(api::Client& natto, const MappingChoice& mappings);

/// What the page shows, and nothing else of it: less, for it is asked every two seconds.
[[nodiscard]] Result<Snapshot> take_page_snapshot(api::Client& natto);

/// What the page's curves need: less, for it is asked every two seconds.
[[nodiscard]] Result<HistorySample> take_history_sample(api::Client& natto);

}  // namespace natto
