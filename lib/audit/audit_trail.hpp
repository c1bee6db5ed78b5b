#pragma once

// Records who changed what. A thread of its own writes the lines, since a disk may be slow or full:
// whoever records an event goes on at once.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "audit/audit_log.hpp"
#include "audit/event.hpp"

namespace natto {

class AuditTrail {
 public:
  /// What becomes a line of natto's log, and whether it tells of trouble. Called on the trail's
  /// thread.
  using Tell = std::function<void(bool trouble, const std::string& text)>;

  /// Nothing happens before start().
  AuditTrail(std::filesystem::path file, Tell tell)
      : log_(std::move(file)), tell_(std::move(tell)) {}
  AuditTrail(const AuditTrail&) = delete;
  AuditTrail& operator=(const AuditTrail&) = delete;

  /// Starts the thread, which runs on `cpus`.
  void start(const std::vector<unsigned>& cpus);
  /// Writes what waits, if it can be written, and ends the thread.
  void stop() { thread_ = {}; }

  /// Any thread but workers; does not wait for the file. Events that cannot be written are tried
  /// again each second. kMostWaiting of them wait at most; the next line says how many there were
  /// beyond. Throws std::bad_alloc.
  void record(AuditEvent event);

  /// Why the newest event is not in the file, or not on the disk; empty if it is. Any thread.
  [[nodiscard]] std::string trouble() const;

  static constexpr std::size_t kMostWaiting = 1000;

 private:
  struct Waiting {
    AuditEvent event;
    std::uint64_t missing = 0;  ///< events before it that found no room
  };

  void work(const std::stop_token& stop);
  [[nodiscard]] bool write_first();
  void say(const AuditEvent& event, const std::string& trouble);

  AuditLog log_;
  const Tell tell_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any wake_up_;
  std::deque<Waiting> waiting_;
  std::uint64_t missing_ = 0;  ///< events that found no room since one that did
  std::string trouble_;

  std::jthread thread_;  ///< ends before all else goes
};

}  // namespace natto
