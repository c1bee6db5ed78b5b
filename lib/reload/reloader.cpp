#include "reload/reloader.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <rte_cycles.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <utility>

#include "base/cpus.hpp"
#include "dpdk/log.hpp"
#include "table/loader.hpp"
#include "table/table_diff.hpp"
#include "table/table_digest.hpp"

namespace natto {
namespace {

/// Lines of a refusal's text that go to the log.
constexpr std::size_t kMaxLoggedLines = 20;

template <typename Duration>
ReloadOutcome::Microseconds microseconds(Duration duration) {
  return std::chrono::duration_cast<ReloadOutcome::Microseconds>(duration);
}

void tell(const ReloadRequest& request, std::string_view stage) {
  if (request.progress) {
    request.progress(stage);
  }
}

void log_lines(std::string_view text) {
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size() && lines < kMaxLoggedLines; ++lines) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    log(LogLevel::kError, "{}", text.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace

Reloader::Reloader(const Config& config, Dataplane& dataplane, LiveTable& live_table)
    : Reloader(config, dataplane, live_table, Patience{}) {}

Reloader::Reloader(const Config& config, Dataplane& dataplane, LiveTable& live_table,
                   const Patience& patience)
    : config_(config),
      dataplane_(dataplane),
      live_table_(live_table),
      patience_(patience),
      wake_up_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Reloader::~Reloader() {
  stop();
  if (wake_up_ >= 0) {
    close(wake_up_);
  }
}

Status Reloader::start(const std::vector<unsigned>& cpus) {
  Result<FileWatch> watch = FileWatch::open(config_.table_file);
  if (!watch) {
    return watch.error();
  }
  watch_.emplace(std::move(*watch));
  thread_ = std::thread([this] { work(); });
  run_on(thread_, cpus, "natto-reload");
  return Done{};
}

void Reloader::stop() {
  {
    const std::lock_guard lock(mutex_);
    accepts_ = false;
    waiting_.clear();
  }
  stopping_.store(true);
  wake();
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool Reloader::request(ReloadRequest request) {
  {
    const std::lock_guard lock(mutex_);
    if (!accepts_ || waiting_.size() >= kMaxWaiting) {
      return false;
    }
    waiting_.push_back(std::move(request));
  }
  wake();
  return true;
}

// The thread.

void Reloader::work() {
  std::optional<Clock::time_point> changed_at;
  bool reclaimed = true;
  while (!stopping_.load()) {
    using std::chrono::milliseconds;
    wait(reclaimed && !changed_at ? milliseconds(1000) : milliseconds(10));
    if (watch_->changed()) {
      changed_at = Clock::now();
    }
    if (changed_at && Clock::now() - *changed_at >= patience_.debounce) {
      changed_at.reset();
      run({.kind = ReloadKind::kReload, .trigger = "file changed", .who = ""});
    }
    while (const auto request = next_request()) {
      if (request->kind == ReloadKind::kReload) {
        // Whatever has changed by now is about to be loaded.
        static_cast<void>(watch_->changed());
        changed_at.reset();
      }
      run(*request);
    }
    reclaimed = live_table_.reclaim();
  }
}

void Reloader::wait(std::chrono::milliseconds at_most) {
  std::array<pollfd, 2> events{pollfd{.fd = watch_->descriptor(), .events = POLLIN, .revents = 0},
                               pollfd{.fd = wake_up_, .events = POLLIN, .revents = 0}};
  poll(events.data(), events.size(), static_cast<int>(at_most.count()));
  eventfd_t value = 0;
  eventfd_read(wake_up_, &value);
}

void Reloader::wake() { eventfd_write(wake_up_, 1); }

std::optional<ReloadRequest> Reloader::next_request() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) {
    return std::nullopt;
  }
  ReloadRequest request = std::move(waiting_.front());
  waiting_.pop_front();
  return request;
}

ReloadOutcome Reloader::run(const ReloadRequest& request) {
  ReloadOutcome outcome;
  outcome.id = ++last_id_;
  const auto before = live_table_.current();
  try {
    attempt(request, outcome);
  } catch (const std::bad_alloc&) {
    if (live_table_.current() == before) {
      refuse(system_error("out of memory: the old table runs on\n"
                          "  give the machine more memory, or the table fewer mappings"),
             outcome);
    }
  }
  try {
    audit(request, outcome);
    if (request.done) {
      request.done(outcome);
    }
  } catch (const std::bad_alloc&) {
    // What was done stands; there is no memory to write it down.
  }
  return outcome;
}

void Reloader::attempt(const ReloadRequest& request, ReloadOutcome& outcome) {
  const auto before = live_table_.current();
  outcome.version = before->version();
  outcome.digest_before = before->digest;
  const auto begin = Clock::now();
  Result<std::shared_ptr<const MappingTable>> table = wanted_table(request);
  outcome.parse = microseconds(Clock::now() - begin);
  if (table) {
    replace(request, std::move(*table), outcome);
  } else {
    refuse(table.error(), outcome);
  }
}

Result<std::shared_ptr<const MappingTable>> Reloader::wanted_table(
    const ReloadRequest& request) const {
  if (request.kind == ReloadKind::kRollback) {
    if (previous_ == nullptr) {
      return input_error("there is no earlier table: none was replaced since natto started");
    }
    return previous_;
  }
  tell(request, "reading");
  Result<MappingTable> loaded =
      load_mappings(config_.table_file, config_, [&request] { tell(request, "checking"); });
  if (!loaded) {
    return loaded.error();
  }
  return std::make_shared<const MappingTable>(std::move(*loaded));
}

void Reloader::replace(const ReloadRequest& request, std::shared_ptr<const MappingTable> table,
                       ReloadOutcome& outcome) {
  const auto before = live_table_.current();
  const TableDiff diff = diff_tables(*before->table, *table);
  outcome.text = to_string(diff, config_);
  outcome.mappings = table->mappings.size();
  outcome.added = diff.added.size();
  outcome.removed = diff.removed.size();
  outcome.changed = diff.changed.size();
  outcome.digest_after = table_digest(*table, config_);
  if (request.kind == ReloadKind::kDryRun) {
    return;
  }

  tell(request, "building");
  const auto begin = Clock::now();
  Result<std::unique_ptr<const TranslationTable>> built =
      TranslationTable::build(*table, dataplane_.activity.size(), before->version() + 1);
  outcome.build = microseconds(Clock::now() - begin);
  if (!built) {
    return refuse(built.error(), outcome);
  }
  auto next =
      std::make_shared<const LoadedTable>(LoadedTable{.table = std::move(table),
                                                      .translations = std::move(*built),
                                                      .digest = outcome.digest_after,
                                                      .trigger = request.trigger,
                                                      .who = request.who,
                                                      .loaded = std::chrono::system_clock::now()});
  outcome.version = next->version();
  live_table_.publish(std::move(next));
  // A reload that changed nothing, as when the file is asked for and then followed, is none to
  // undo.
  if (outcome.digest_after != outcome.digest_before) {
    previous_ = before->table;
    has_previous_.store(true);
  }
  reloads_.fetch_add(1);
  tell(request, "waiting for workers");
  wait_for_grace(outcome);
}

// A worker polls many times in a microsecond. One that has not polled for long is stuck in a
// driver, or its CPU was taken away.
void Reloader::wait_for_grace(ReloadOutcome& outcome) {
  const auto begin = Clock::now();
  bool warned = false;
  while (!live_table_.reclaim()) {
    const auto waited = Clock::now() - begin;
    if (waited >= patience_.stall && !std::exchange(warned, true)) {
      log(LogLevel::kWarning,
          "{}; traffic goes on, but the old table's memory stays in use until every worker has "
          "polled",
          stalled_workers());
    }
    if (waited >= patience_.grace || stopping_.load()) {
      outcome.grace_pending = true;
      break;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(waited < patience_.stall ? 20 : 10'000));
  }
  outcome.grace = microseconds(Clock::now() - begin);
}

std::string Reloader::stalled_workers() const {
  const std::uint64_t now = rte_rdtsc();
  std::string text;
  for (std::size_t i = 0; i < dataplane_.activity.size(); ++i) {
    const std::uint64_t last = dataplane_.activity[i].last_tsc.value();
    if (last != 0 && now > last + rte_get_tsc_hz()) {
      text += fmt::format("{}worker {} has not polled for {} s", text.empty() ? "" : ", ", i,
                          (now - last) / rte_get_tsc_hz());
    }
  }
  return text.empty() ? "a worker is slow" : text;
}

void Reloader::refuse(const Error& error, ReloadOutcome& outcome) {
  const auto current = live_table_.current();
  refusals_.fetch_add(1);
  outcome.refused = error.kind;
  outcome.text = error.message;
  outcome.version = current->version();
  outcome.mappings = current->table->mappings.size();
  outcome.added = outcome.removed = outcome.changed = 0;
  outcome.digest_before = outcome.digest_after = current->digest;
}

void Reloader::audit(const ReloadRequest& request, const ReloadOutcome& outcome) const {
  const std::string by =
      request.who.empty() ? request.trigger : fmt::format("{} by {}", request.trigger, request.who);
  if (outcome.refused) {
    log(LogLevel::kError, "reload {} ({}) refused: version {} with digest {} runs on", outcome.id,
        by, outcome.version, outcome.digest_before);
    log_lines(outcome.text);
    return;
  }
  log(LogLevel::kInfo,
      "reload {} ({}): {} {} with {} mappings: {} added, {} removed, {} changed; digest {} -> {}; "
      "parse {} us, build {} us, grace period {} us{}",
      outcome.id, by, request.kind == ReloadKind::kDryRun ? "dry run, version stays" : "version",
      outcome.version, outcome.mappings, outcome.added, outcome.removed, outcome.changed,
      outcome.digest_before, outcome.digest_after, outcome.parse.count(), outcome.build.count(),
      outcome.grace.count(), outcome.grace_pending ? " and not over" : "");
}

}  // namespace natto
