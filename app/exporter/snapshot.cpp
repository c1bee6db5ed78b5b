#include "exporter/snapshot.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "clock.hpp"
#include "questions.hpp"

namespace natto {
Result<MappingChoice> MappingChoice::parse(std::string_view text) {
  MappingChoice choice;
  if (text == "none") {
    return choice;
  }
  if (text == "all") {
    choice.filters_ = {""};
    return choice;
  }
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    choice.filters_.emplace_back(text.substr(begin, end - begin));
    if (choice.filters_.back().empty()) {
      return Error{ErrorKind::kUsage,
                   "--mappings: all, none, or names of mappings with commas between"};
    }
    begin = end + 1;
  }
  return choice;
}

Result<Snapshot> take_snapshot(api::Client& natto, const MappingChoice& mappings) {
  Snapshot snapshot;
  Questions questions(natto);
  questions.ask(api::ProcessRequest(), snapshot.process);
  questions.ask(api::HealthRequest(), snapshot.health);
  questions.ask(api::TableRequest(), snapshot.table);
  questions.ask(api::CountersRequest(), snapshot.counters);
  questions.ask(api::DropsRequest(), snapshot.drops);
  questions.ask(api::PortsRequest(), snapshot.ports);
  questions.ask(api::DevicesRequest(), snapshot.devices);
  questions.ask(api::WorkersRequest(), snapshot.workers);
  questions.ask(api::RulesRequest(), snapshot.rules);
  questions.ask(api::LimitsRequest(), snapshot.limits);
  std::unordered_set<std::string> names;  // an address and a name may say the same one
  for (const std::string& filter : mappings.filters()) {
    api::MappingsReport some;
    questions.ask(api::MappingsRequest{.filter = filter}, some);
    for (api::MappingReport& mapping : some.mappings) {
      if (mappings.filters().size() == 1 || names.insert(mapping.name).second) {
        snapshot.mappings.push_back(std::move(mapping));
      }
    }
  }
  return questions.result(std::move(snapshot));
}

Result<Snapshot> take_page_snapshot(api::Client& natto) {
  Snapshot snapshot;
  Questions questions(natto);
  questions.ask(api::ProcessRequest(), snapshot.process);
  questions.ask(api::HealthRequest(), snapshot.health);
  questions.ask(api::TableRequest(), snapshot.table);
  questions.ask(api::DropsRequest(), snapshot.drops);
  questions.ask(api::PortsRequest(), snapshot.ports);
  return questions.result(std::move(snapshot));
}

Result<HistorySample> take_history_sample(api::Client& natto) {
  HistorySample sample;
  api::ProcessReport process;
  Questions questions(natto);
  questions.ask(api::ProcessRequest(), process);
  questions.ask(api::CountersRequest(), sample.counters);
  questions.ask(api::PortsRequest(), sample.ports);
  questions.ask(api::WorkersRequest(), sample.workers);
  sample.started = process.started_ms;
  sample.seconds = steady_seconds();
  return questions.result(std::move(sample));
}

}  // namespace natto
