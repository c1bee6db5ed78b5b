#pragma once

// Asks a running natto, and answers HTTP with what it said.

#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "exporter/history.hpp"
#include "exporter/http_server.hpp"
#include "exporter/snapshot.hpp"
#include "running_natto.hpp"

namespace natto {

class Exporter {
 public:
  /// From now on it looks at natto every History::kPeriodMs, for the page's curves.
  Exporter(RunningNatto natto, MappingChoice mappings);
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  /// Any thread.
  [[nodiscard]] HttpResponse answer(const HttpRequest& request);

 private:
  [[nodiscard]] HttpResponse metrics(const HttpRequest& request);
  [[nodiscard]] HttpResponse now();
  [[nodiscard]] HttpResponse mappings(const std::string& text) const;
  /// Says on standard error that natto does not answer, and why, when that changes.
  void note(const std::string& obstacle);
  void keep_history(const std::stop_token& stop);

  const RunningNatto natto_;
  const MappingChoice mappings_;

  std::mutex mutex_;      ///< guards what follows
  std::string obstacle_;  ///< to asking natto; empty: it answered last
  History history_;
  std::jthread historian_;  ///< ends before all else goes
};

}  // namespace natto
