#include "audit/audit_trail.hpp"

#include <fmt/format.h>

#include <chrono>
#include <new>
#include <utility>

#include "audit/event_line.hpp"
#include "base/cpus.hpp"

namespace natto {
namespace {

constexpr std::chrono::seconds kBetweenTries(1);

}  // namespace

void AuditTrail::start(const std::vector<unsigned>& cpus) {
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  run_on(thread_.native_handle(), cpus, "natto-audit");
}

void AuditTrail::record(AuditEvent event) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kMostWaiting) {
      waiting_.push_back({std::move(event), missing_});
      missing_ = 0;
    } else {
      ++missing_;
    }
  }
  wake_up_.notify_one();
}

std::string AuditTrail::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

// The thread.

void AuditTrail::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  bool last = false;
  while (!last) {
    wake_up_.wait(lock, stop, [this] { return !waiting_.empty(); });
    last = stop.stop_requested();
    lock.unlock();
    bool written = true;
    while (written) {
      try {
        written = write_first();
      } catch (const std::bad_alloc&) {
        written = false;
      }
    }
    lock.lock();
    if (!waiting_.empty()) {
      wake_up_.wait_for(lock, stop, kBetweenTries, [] { return false; });
    }
  }
  if (const std::uint64_t lost = waiting_.size() + missing_; lost > 0) {
    tell_(true, fmt::format("{} event(s) are not in the audit's file", lost));
  }
}

/// False: there is none, or it cannot be written.
bool AuditTrail::write_first() {
  std::unique_lock lock(mutex_);
  if (waiting_.empty()) {
    return false;
  }
  const Waiting& first = waiting_.front();  // it stays there: others are put behind it
  lock.unlock();
  const Result<AuditLog::Appended> appended = log_.append(first.event, first.missing);
  const std::string trouble = !appended           ? appended.error().message
                              : !appended->synced ? appended->synced.error().message
                                                  : "";
  say(first.event, trouble);
  if (appended) {
    tell_(false, appended->lines);
  }
  lock.lock();
  trouble_ = trouble;
  if (appended) {
    waiting_.pop_front();
  }
  return appended.ok();
}

/// In the log, once: that the file is not written, and the event that waits; that it is again.
void AuditTrail::say(const AuditEvent& event, const std::string& trouble) {
  if (!trouble.empty() && trouble_.empty()) {
    tell_(true, fmt::format("the audit is not written: {}\n{}", trouble, event_line(event, {})));
  } else if (trouble.empty() && !trouble_.empty()) {
    tell_(false, "the audit is written again");
  }
}

}  // namespace natto
