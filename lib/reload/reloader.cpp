#include "reload/reloader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>
#include <poll.h>
#include <rte_cycles.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include "base/cpus.hpp"
#include "config/config_values.hpp"
#include "dpdk/log.hpp"
#include "table/guard.hpp"
#include "table/loader.hpp"
#include "table/serial.hpp"
#include "table/table_diff.hpp"
#include "table/table_digest.hpp"
#include "table/table_signatures.hpp"

namespace natto {
namespace {

template <typename Duration>
ReloadOutcome::Microseconds microseconds(Duration duration) {
  return std::chrono::duration_cast<ReloadOutcome::Microseconds>(duration);
}

void tell(const ReloadRequest& request, std::string_view stage) {
  if (request.progress) {
    request.progress(stage);
  }
}

/// Each with the key; "nobody" if there are none.
std::string signers_of(const MappingTable& table) {
  std::string text;
  for (const ssh::GoodSignature& signature : table.signatures) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", signature.party, signature.key);
  }
  return text.empty() ? "nobody" : text;
}

/// To the system, what the allocator has free: a table of many mappings takes hundreds of MiB while
/// it is read. This takes a few milliseconds, in which no worker is held up: none allocates.
void give_memory_back() { malloc_trim(0); }

}  // namespace

Reloader::Reloader(const Config& config, Dataplane& dataplane, LiveTable& live_table,
                   TableFileState file, std::optional<KeptTable> kept, AuditTrail* trail,
                   const Patience& patience)
    : config_(config),
      dataplane_(dataplane),
      live_table_(live_table),
      kept_(std::move(kept)),
      trail_(trail),
      patience_(patience),
      wake_up_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      file_(std::move(file)) {
  // Where signatures are required natto has not come here without a record that it can read.
  if (const Result<KeptTable::Record> known = kept_ ? kept_->record() : KeptTable::Record();
      known) {
    newest_ = known->newest;
  }
  if (kept_ && (file_.refused() || file_.differs(live_table_.current()->digest))) {
    rolled_back_ = kept_->rolled_back();
  }
  const auto current = live_table_.current();
  remember_serial(*current->table, current->digest);
}

Reloader::~Reloader() {
  stop();
  if (wake_up_ >= 0) {
    close(wake_up_);
  }
}

Status Reloader::start(const std::vector<unsigned>& cpus) {
  std::vector<std::filesystem::path> files = {config_.table_file, config_.file};
  for (const std::string& party : config_.table.require) {
    files.push_back(signature_file(config_.table_file, party));
  }
  if (config_.table.signers) {
    files.push_back(*config_.table.signers);
  }
  for (const std::filesystem::path& file : files) {
    Result<FileWatch> watch = FileWatch::open(file);
    if (!watch) {
      return watch.error();
    }
    watches_.push_back(std::move(*watch));
  }
  say_if_kept_table();
  thread_ = std::thread([this] { work(); });
  run_on(thread_.native_handle(), cpus, "natto-reload");
  return Done{};
}

/// That the table in force is not the file's.
void Reloader::say_if_kept_table() const {
  const auto current = live_table_.current();
  if (file_.refused()) {
    log(LogLevel::kError,
        "{} is refused; the table that was in force last is in force again: {} "
        "with digest {}",
        config_.table_file.string(), current->table->file.string(), current->digest);
    log_lines(LogLevel::kError, file_.refusal);
  } else if (file_.differs(current->digest)) {
    log(LogLevel::kWarning,
        "{} was taken out of force by a rollback; the table before it is in "
        "force again: {} with digest {}",
        config_.table_file.string(), current->table->file.string(), current->digest);
  }
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
  std::filesystem::path changed;
  bool reclaimed = true;
  bool gave_back = false;
  keep();
  while (!stopping_.load()) {
    using std::chrono::milliseconds;
    const std::uint64_t last_id = last_id_;
    wait(reclaimed && !changed_at ? milliseconds(1000) : milliseconds(10));
    if (auto file = changed_file(); !file.empty()) {
      changed_at = Clock::now();
      changed = std::move(file);
    }
    if (changed_at && Clock::now() - *changed_at >= patience_.debounce) {
      changed_at.reset();
      run({.kind = ReloadKind::kReload,
           .trigger = "file changed",
           .who = "",
           .by = {.kind = Actor::Kind::kFile, .file = changed.string()}});
    }
    while (const auto request = next_request()) {
      if (request->kind == ReloadKind::kReload) {
        // Whatever has changed by now is about to be loaded.
        static_cast<void>(changed_file());
        changed_at.reset();
      }
      run(*request);
    }
    if (Clock::now() - kept_at_ >= patience_.keep_again && !not_kept().empty()) {
      keep();
    }
    reclaimed = live_table_.reclaim();
    if (last_id_ != last_id) {
      gave_back = false;
    } else if (reclaimed && !std::exchange(gave_back, true)) {
      give_memory_back();  // when who asked has the outcome, which may be long, too
    }
  }
}

void Reloader::wait(std::chrono::milliseconds at_most) {
  std::vector<pollfd> events = {{.fd = wake_up_, .events = POLLIN, .revents = 0}};
  for (const FileWatch& watch : watches_) {
    events.push_back({.fd = watch.descriptor(), .events = POLLIN, .revents = 0});
  }
  poll(events.data(), events.size(), static_cast<int>(at_most.count()));
  eventfd_t value = 0;
  eventfd_read(wake_up_, &value);
}

/// The first of those that have changed since the last call, as they are followed; else empty.
std::filesystem::path Reloader::changed_file() {
  std::filesystem::path first;
  for (FileWatch& watch : watches_) {
    if (watch.changed() && first.empty()) {
      first = watch.file();
    }
  }
  return first;
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
    if (outcome.refused && request.kind == ReloadKind::kReload) {
      remember_file({.digest = {},
                     .refusal = outcome.text,
                     .refused_since = std::chrono::system_clock::now()});
    }
    if (request.kind != ReloadKind::kDryRun) {
      remember(outcome);
    }
    say(request, outcome);
    record(request, outcome);
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
  Result<std::shared_ptr<const MappingTable>> table = wanted_table(request, outcome);
  outcome.parse = microseconds(Clock::now() - begin);
  if (table) {
    replace(request, std::move(*table), outcome);
  } else {
    refuse(table.error(), outcome);
  }
}

/// natto.toml is not applied before the next start, which it must not prevent. Returns its errors.
std::string Reloader::read_config(ReloadOutcome& outcome) const {
  if (config_.file.empty()) {
    return "";
  }
  const Result<Config> now = load_config(config_.file);
  if (!now) {
    return now.error().message;
  }
  outcome.config_changed = differing_keys(config_.values, now->values);
  return "";
}

Result<std::shared_ptr<const MappingTable>> Reloader::wanted_table(const ReloadRequest& request,
                                                                   ReloadOutcome& outcome) const {
  if (request.kind == ReloadKind::kRollback) {
    if (previous_ == nullptr) {
      return input_error("there is no earlier table: none was replaced since natto started");
    }
    return previous_;
  }
  tell(request, "reading");
  std::string errors = read_config(outcome);
  Result<MappingTable> loaded = load_table(config_, [&request] { tell(request, "checking"); });
  if (!loaded) {
    errors += (errors.empty() ? "" : "\n") + loaded.error().message;
  }
  if (!errors.empty()) {
    return input_error(std::move(errors));
  }
  for (const std::string& warning : loaded->warnings) {
    log(LogLevel::kWarning, "{}", warning);
  }
  return std::make_shared<const MappingTable>(std::move(*loaded));
}

void Reloader::replace(const ReloadRequest& request, std::shared_ptr<const MappingTable> table,
                       ReloadOutcome& outcome) {
  const auto before = live_table_.current();
  const TableDiff diff = diff_tables(*before->table, *table, config_);
  outcome.text = to_string(diff, config_);
  outcome.mappings = table->mappings.size();
  outcome.added = diff.added.size();
  outcome.removed = diff.removed.size();
  outcome.changed = diff.changed.size();
  outcome.policy_changes = diff.policy.size();
  outcome.digest_after = table_digest(*table, config_);
  if (const std::string objected = objection(request, *table, outcome); !objected.empty()) {
    return refuse(input_error(objected), outcome);
  }
  if (request.kind == ReloadKind::kDryRun) {
    return;
  }
  if (request.by.kind == Actor::Kind::kFile && outcome.digest_after == rolled_back_) {
    return hold_back(outcome);
  }
  if (outcome.no_change()) {
    outcome.signed_anew =
        before->table->serial != table->serial || before->table->signatures != table->signatures;
    live_table_.cite(*table);
    remember_serial(*table, outcome.digest_after);
    remember_file({.digest = outcome.digest_after});
    rolled_back_.clear();
    if (kept_) {
      kept_->forget_rollback();
    }
    reloads_.fetch_add(1);
    if (outcome.signed_anew) {
      keep();
    }
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
  remember_serial(*next->table, next->digest);
  live_table_.publish(std::move(next));
  previous_ = before->table;
  has_previous_.store(true);
  reloads_.fetch_add(1);
  rolled_back_ = request.kind == ReloadKind::kRollback ? outcome.digest_before : "";
  if (request.kind == ReloadKind::kReload) {
    remember_file({.digest = outcome.digest_after});
  }
  tell(request, "waiting for workers");
  wait_for_grace(outcome);
  tell(request, "keeping");
  keep();
}

void Reloader::hold_back(ReloadOutcome& outcome) {
  const auto current = live_table_.current();
  remember_file({.digest = outcome.digest_after});
  outcome.held_back = true;
  outcome.text.clear();
  outcome.mappings = current->table->mappings.size();
  outcome.added = outcome.removed = outcome.changed = outcome.policy_changes = 0;
  outcome.digest_after = outcome.digest_before;
}

/// Why the file's table must not replace the one in force, although it is right. A rollback goes to
/// a table that was in force; a dry run only says what has to be confirmed.
std::string Reloader::objection(const ReloadRequest& request, const MappingTable& table,
                                ReloadOutcome& outcome) const {
  if (request.kind == ReloadKind::kRollback) {
    return "";
  }
  const auto before = live_table_.current();
  std::string objected = serial_objection(
      table, outcome.digest_after,
      {newest_, {.serial = before->table->serial.value_or(0), .digest = before->digest}});
  if (!objected.empty()) {
    return objected + (has_previous_ ? "\n  if the table before is meant: natto rollback" : "");
  }
  if (!request.confirm.empty() && request.confirm != outcome.digest_after) {
    return fmt::format(
        "{}: another table was confirmed than the file's, whose digest is {}\n"
        "  look at it with natto reload --dry-run",
        table.file.string(), outcome.digest_after);
  }
  const std::size_t had = before->table->mappings.size();
  if (!takes_too_much(outcome.removed, had, config_.table.max_removed)) {
    return "";
  }
  objected = guard_objection(table.file, outcome.removed, had, config_.table.max_removed,
                             outcome.digest_after);
  if (request.kind == ReloadKind::kDryRun) {
    outcome.text += objected + '\n';
    return "";
  }
  outcome.confirmed = !request.confirm.empty();
  return outcome.confirmed ? "" : objected;
}

/// From now on no other table with this serial follows.
void Reloader::remember_serial(const MappingTable& table, const std::string& digest) {
  if (table.serial.value_or(0) > newest_.serial) {
    newest_ = {.serial = *table.serial, .digest = digest};
  }
}

void Reloader::remember_file(TableFileState state) {
  const std::lock_guard lock(mutex_);
  if (state.refused() && file_.refused()) {
    state.refused_since = file_.refused_since;
  }
  file_ = std::move(state);
}

void Reloader::remember(const ReloadOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  last_reload_ = {.ended = std::chrono::system_clock::now(),
                  .refused = outcome.refused.has_value(),
                  .took = outcome.parse + outcome.build + outcome.grace};
}

LastReload Reloader::last_reload() const {
  const std::lock_guard lock(mutex_);
  return last_reload_;
}

TableFileState Reloader::file_state() const {
  const std::lock_guard lock(mutex_);
  return file_;
}

// A disk that is full or read-only is no reason to refuse a table.
void Reloader::keep() {
  if (!kept_) {
    return;
  }
  Status kept = Done{};
  try {
    const auto current = live_table_.current();
    kept = kept_->keep(*current->table, config_, rolled_back_, newest_);
  } catch (const std::bad_alloc&) {
    kept = system_error("out of memory");
  }
  kept_at_ = Clock::now();
  const std::lock_guard lock(mutex_);
  const std::string before = std::exchange(not_kept_, kept ? "" : kept.error().message);
  if (!kept && before.empty()) {
    log(LogLevel::kWarning, "the table in force is not kept for the next start: {}", not_kept_);
  } else if (kept && !before.empty()) {
    log(LogLevel::kInfo, "the table in force is kept for the next start again");
  }
}

std::string Reloader::not_kept() const {
  const std::lock_guard lock(mutex_);
  return not_kept_;
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

/// In the audit. Of a file that is written again and again and says what it said, with the same
/// serial and signatures, there is nothing to record; that a person asked is.
void Reloader::record(const ReloadRequest& request, const ReloadOutcome& outcome) {
  const bool of_file = request.by.kind == Actor::Kind::kFile;
  if (trail_ == nullptr || request.kind == ReloadKind::kDryRun ||
      (of_file && !outcome.refused && outcome.no_change() && !outcome.signed_anew)) {
    return;
  }
  const bool is_rollback = request.kind == ReloadKind::kRollback;
  AuditEvent event{.kind = outcome.refused ? AuditKind::kRefused
                           : is_rollback   ? AuditKind::kRollback
                                           : AuditKind::kReload,
                   .time = std::chrono::system_clock::now(),
                   .trigger = request.trigger,
                   .by = request.by,
                   .table = in_force(*live_table_.current())};
  if (outcome.refused) {
    event.error = outcome.text;
  } else {
    event.table->digest_before = outcome.digest_before;
    event.table->added = outcome.added;
    event.table->removed = outcome.removed;
    event.table->changed = outcome.changed;
    event.table->policy_changes = outcome.policy_changes;
    event.table->differences = outcome.text;
    event.table->confirmed = outcome.confirmed;
  }
  if (of_file) {
    const std::string file =
        request.by.file.empty() ? config_.table_file.string() : request.by.file;
    event.by = owner_of(file).value_or(this_process());  // of a file that is gone nobody is known
  }
  trail_->record(std::move(event));
}

void Reloader::say(const ReloadRequest& request, const ReloadOutcome& outcome) {
  const std::string by =
      request.who.empty() ? request.trigger : fmt::format("{} by {}", request.trigger, request.who);
  if (!outcome.config_changed.empty() && outcome.config_changed != config_changed_) {
    log(LogLevel::kWarning, "{} differs from what natto runs with, and a restart applies it: {}",
        config_.file.string(), fmt::join(outcome.config_changed, ", "));
  }
  config_changed_ = outcome.config_changed;
  const bool no_change =
      !outcome.refused && request.kind == ReloadKind::kReload && outcome.no_change();
  if (outcome.held_back) {
    if (!std::exchange(no_change_, true)) {
      log(LogLevel::kWarning,
          "reload {} ({}): {} says what a rollback took out of force, and version {} with digest "
          "{} "
          "stays; if the file's table is meant: natto reload",
          outcome.id, by, config_.table_file.string(), outcome.version, outcome.digest_before);
    }
    return;
  }
  if (no_change && outcome.signed_anew) {
    const auto current = live_table_.current();
    log(LogLevel::kInfo, "reload {} ({}): version {} with digest {} stays, now {}, signed by {}",
        outcome.id, by, outcome.version, outcome.digest_after,
        current->table->serial ? fmt::format("with serial {}", *current->table->serial)
                               : "without a serial",
        signers_of(*current->table));
    return;
  }
  if (std::exchange(no_change_, no_change) && no_change) {
    return;
  }
  if (outcome.refused) {
    log(LogLevel::kError, "reload {} ({}) refused: version {} with digest {} runs on", outcome.id,
        by, outcome.version, outcome.digest_before);
    log_lines(LogLevel::kError, outcome.text);
    return;
  }
  if (no_change) {
    log(LogLevel::kInfo,
        "reload {} ({}): no change, version {} with digest {} stays; more of these are not logged",
        outcome.id, by, outcome.version, outcome.digest_after);
    return;
  }
  log(LogLevel::kInfo,
      "{} {} ({}): {} {} with {} mappings: {} added, {} removed, {} changed{}; digest {} -> {}; "
      "parse {} us, build {} us, grace period {} us{}",
      request.kind == ReloadKind::kRollback ? "rollback" : "reload", outcome.id, by,
      request.kind == ReloadKind::kDryRun ? "dry run, version stays" : "version", outcome.version,
      outcome.mappings, outcome.added, outcome.removed, outcome.changed,
      outcome.confirmed ? ", confirmed" : "", outcome.digest_before, outcome.digest_after,
      outcome.parse.count(), outcome.build.count(), outcome.grace.count(),
      outcome.grace_pending ? " and not over" : "");
}

}  // namespace natto
