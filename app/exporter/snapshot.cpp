#include "exporter/snapshot.hpp"

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

namespace natto {
namespace {

/// Asks one thing after the other, until one fails.
class Questions {
 public:
  explicit Questions(api::Client& natto) : natto_(natto) {}

  template <typename Request, typename Report>
  void ask(const Request& request, Report& report) {
    if (!status_) {
      return;
    }
    auto received = natto_.request(request);
    if (received) {
      report = std::move(received->report);
    } else {
      status_ = received.error();
    }
  }

  /// What was made of the reports, or the error.
  template <typename Made>
  [[nodiscard]] Result<Made> result(Made made) const {
    return status_ ? Result<Made>(std::move(made)) : status_.error();
  }

 private:
  api::Client& natto_;
  Status status_ = Done{};
};

}  // namespace

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

Result<HistorySample> take_history_sample(api::Client& natto) {
  HistorySample sample;
  api::ProcessReport process;
  Questions questions(natto);
  questions.ask(api::ProcessRequest(), process);
  questions.ask(api::CountersRequest(), sample.counters);
  questions.ask(api::PortsRequest(), sample.ports);
  questions.ask(api::WorkersRequest(), sample.workers);
  sample.started = process.started_ms;
  sample.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  return questions.result(std::move(sample));
}

}  // namespace natto
