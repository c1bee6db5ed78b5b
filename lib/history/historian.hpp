#pragma once

// Keeps the history of the counters: looks at them each hour and when natto stops, and writes what
// was counted since the last look. A thread of its own, since a disk may be slow; workers notice
// nothing of it.

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "config/model.hpp"
#include "history/period.hpp"
#include "reload/live_table.hpp"

namespace natto {

/// Numbers since natto started that belong to no table.
struct CountedNumbers {
  Numbers counters = {};
  Numbers drops = {};
  std::map<std::string, Numbers> ports = {};  ///< by realm
};

class Historian {
 public:
  using Read = std::function<CountedNumbers()>;

  /// All live longer; `folder` need not exist. Nothing happens before start().
  Historian(const Config& config, LiveTable& live_table, Read read, std::filesystem::path folder);
  Historian(const Historian&) = delete;
  Historian& operator=(const Historian&) = delete;

  /// Starts the thread, which runs on `cpus`. What is counted from now on is in the history.
  void start(const std::vector<unsigned>& cpus);
  /// Writes what was counted since the last look, and ends the thread. After the workers and the
  /// reloader have stopped, so that nothing is missing.
  void stop() { thread_ = {}; }

  /// Why the last look is not written; empty if it is: the next one is to have all. Any thread.
  [[nodiscard]] std::string trouble() const;

 private:
  void work(const std::stop_token& stop);
  /// False: it is to be tried again soon.
  [[nodiscard]] bool look(WallTime at, bool ends);
  void count(const LiveTable::Look& look);
  void add_table(std::uint64_t version, const std::string& digest, WallTime since);
  template <typename Totals, typename Entry>
  void count_entry(std::unordered_map<std::string, Totals>& before, const Entry& entry,
                   const Totals& now);
  void add(const Mapping& mapping, const MappingTotals& more);
  void add(const AllowRule& rule, const RuleTotals& more);
  void add(const LimitRule& limit, const LimitTotals& more);
  void count_numbers();
  void say(const std::string& trouble);

  const Config& config_;
  LiveTable& live_table_;
  const Read read_;
  const std::filesystem::path folder_;

  Period period_;  ///< since the last look that was written
  WallTime next_look_ = {};
  // As of the last look, by name.
  std::unordered_map<std::string, MappingTotals> mappings_;
  std::unordered_map<std::string, RuleTotals> rules_;
  std::unordered_map<std::string, LimitTotals> limits_;
  CountedNumbers numbers_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any wake_up_;
  std::string trouble_;

  std::jthread thread_;  ///< ends before all else goes
};

}  // namespace natto
