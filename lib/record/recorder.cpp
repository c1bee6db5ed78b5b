#include "record/recorder.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "base/cpus.hpp"
#include "dpdk/log.hpp"
#include "record/refusal_line.hpp"

namespace natto {
namespace {

constexpr std::chrono::seconds kBetweenLooks(1);

Instant steady_now() {
  return std::chrono::duration_cast<Instant>(std::chrono::steady_clock::now().time_since_epoch());
}

RefusedEnds ends_of(const RefusedFlow& flow, const TranslationTable& translations) {
  RefusedEnds ends;
  if (const Translation* found = translations.find_real(flow.realm, flow.source)) {
    ends.source = *found;
  }
  if (const Translation* found = translations.find_mapped(flow.destination)) {
    ends.destination = *found;
  }
  return ends;
}

}  // namespace

Recorder::Recorder(const Config& config, Dataplane& dataplane, const LiveTable& live_table)
    : config_(config), dataplane_(dataplane), live_table_(live_table), ledger_(steady_now()) {
  for (RefusedFlows& flows : dataplane.refused_flows) {
    readers_.emplace_back(flows);
  }
  if (config.log.refused_file) {
    file_.emplace(*config.log.refused_file);
  }
}

void Recorder::start(const std::vector<unsigned>& cpus) {
  if (file_) {
    append("", 0);  // tells at once whether it can be written
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  run_on(thread_.native_handle(), cpus, "natto-record");
}

// The thread.

void Recorder::work(const std::stop_token& stop) {
  const auto step = [this](auto lines) {
    try {
      look();
      write(lines());
    } catch (const std::bad_alloc&) {
      // Some lines are missing then, and the next second is tried again.
    }
  };
  std::mutex mutex;  // guards nothing: only to wait
  std::unique_lock lock(mutex);
  std::condition_variable_any second;
  while (!second.wait_for(lock, stop, kBetweenLooks, [&stop] { return stop.stop_requested(); })) {
    step([this] { return ledger_.due(steady_now()); });
  }
  step([this] { return ledger_.rest(); });
}

// The others are those that the counters of drops have beyond the flows'. The counters are read
// first, so that no packet is one of them which is only about to be counted for its flow.
void Recorder::look() {
  const Instant now = steady_now();
  std::array<std::int64_t, kDropReasonCount> others{};
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    for (std::size_t worker = 0; worker < readers_.size(); ++worker) {
      others[i] += static_cast<std::int64_t>(dataplane_.counters[worker].drops[i].value());
    }
  }
  for (RefusedFlowsReader& reader : readers_) {
    reader.read([&](const RefusedFlow& flow, const RefusedCount& packets) {
      ledger_.count(flow, packets, now);
      named_[static_cast<std::size_t>(flow.reason)] += static_cast<std::int64_t>(packets.packets);
    });
  }
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    if (is_refusal(reason)) {
      others[i] -= named_[i];
      ledger_.count_others(reason, others[i] - std::exchange(others_[i], others[i]));
    }
  }
}

void Recorder::write(const std::vector<Refusal>& refusals) {
  if (refusals.empty()) {
    return;
  }
  const auto loaded = live_table_.current();
  const auto now = std::chrono::system_clock::now();
  std::string lines;
  for (const Refusal& refusal : refusals) {
    const RefusedEnds ends = ends_of(refusal.flow, *loaded->translations);
    const std::string line = refusal_line(refusal, ends, *loaded->table, config_, now);
    if (file_) {
      lines += line + '\n';
    } else {
      write_log(LogLevel::kInfo, line);
    }
  }
  if (file_) {
    append(lines, refusals.size());
  }
}

/// To the file. Says once that it cannot be written, and once that it can again.
void Recorder::append(const std::string& lines, std::size_t count) {
  const Status written = file_->append(lines);
  if (!written) {
    missing_ += count;
  }
  if (!written && !fails_) {
    log(LogLevel::kError, "the record of refusals is not written: {}", written.error().message);
  } else if (written && fails_) {
    log(LogLevel::kInfo, "the record of refusals is written again; {} line(s) are missing",
        std::exchange(missing_, 0));
  }
  fails_ = !written;
}

}  // namespace natto
