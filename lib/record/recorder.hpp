#pragma once

// Keeps the record of refusals: reads once a second what the workers have refused, and writes the
// lines that are due. A thread of its own, since a disk or a terminal may be slow.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "config/model.hpp"
#include "dataplane/dataplane.hpp"
#include "record/line_file.hpp"
#include "record/refusal_ledger.hpp"
#include "reload/live_table.hpp"

namespace natto {

class Recorder {
 public:
  /// All live longer; `dataplane` has refused_flows. Nothing happens before start().
  Recorder(const Config& config, Dataplane& dataplane, const LiveTable& live_table);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Starts the thread, which runs on `cpus`.
  void start(const std::vector<unsigned>& cpus);
  /// Writes all that is left, and ends the thread. After the workers have stopped, so that nothing
  /// is missing.
  void stop() { thread_ = {}; }

 private:
  void work(const std::stop_token& stop);
  void look();
  void write(const std::vector<Refusal>& refusals);
  void append(const std::string& lines, std::size_t count);

  const Config& config_;
  const Dataplane& dataplane_;
  const LiveTable& live_table_;
  std::vector<RefusedFlowsReader> readers_;  ///< by worker
  RefusalLedger ledger_;
  // By reason, since the start.
  std::array<std::int64_t, kDropReasonCount> named_{};   ///< packets whose flow is known
  std::array<std::int64_t, kDropReasonCount> others_{};  ///< all others, as the ledger was told
  std::optional<LineFile> file_;                         ///< none: standard error
  bool fails_ = false;       ///< the file was not written when it was tried last
  std::size_t missing_ = 0;  ///< lines since then

  std::jthread thread_;  ///< ends before all else goes
};

}  // namespace natto
