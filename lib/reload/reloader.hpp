#pragma once

// Replaces the running table: parse, validate, diff, build, publish, wait until no worker uses the
// old one, keep the new one for the next start. On a thread of its own, so that what control does
// every millisecond is never late.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "audit/audit_trail.hpp"
#include "base/result.hpp"
#include "config/model.hpp"
#include "reload/file_watch.hpp"
#include "reload/live_table.hpp"
#include "table/kept_table.hpp"
#include "table/mapping.hpp"
#include "table/serial.hpp"
#include "table/starting_table.hpp"

namespace natto {

enum class ReloadKind {
  kReload,    ///< use what the file says
  kDryRun,    ///< say what that would change
  kRollback,  ///< use the table before the current one again
};

/// What came of a request. `text`: a line per difference, or, if it was refused, every error.
struct ReloadOutcome {
  using Microseconds = std::chrono::microseconds;

  std::uint64_t id = 0;              ///< of the request, counted from 1
  std::optional<ErrorKind> refused;  ///< the old table runs on
  std::string text;
  /// Keys of natto.toml that differ from what natto runs with: a restart applies them.
  std::vector<std::string> config_changed;
  std::uint64_t version = 0;  ///< of the table in use afterwards
  std::size_t mappings = 0;   ///< in it; for a dry run, in the file
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;
  std::size_t policy_changes = 0;  ///< of [policy], rules and limits
  std::string digest_before;
  std::string digest_after;  ///< of the file, if it was a dry run
  Microseconds parse{};
  Microseconds build{};
  Microseconds grace{};        ///< until no worker used the old table
  bool grace_pending = false;  ///< one still might: natto stopped waiting
  bool confirmed = false;      ///< it took more away than the guard lets, and was confirmed
  /// It says what was in force, with another serial or signed by others or with other keys.
  bool signed_anew = false;
  /// The file says what a rollback took out of force, and nobody has asked for that: it stays out.
  bool held_back = false;

  /// The table in force says what it said before: it stays, and so does its version.
  [[nodiscard]] bool no_change() const { return digest_before == digest_after; }
};

struct ReloadRequest {
  ReloadKind kind;
  std::string trigger;  ///< "file changed", "SIGHUP", "natto reload", …
  std::string who;      ///< who asked, as far as that is known

  // Called on the reloader's thread; may be empty.

  /// When a stage begins: "reading", "checking", "building", "waiting for workers", "keeping".
  std::function<void(std::string_view)> progress = {};
  /// When the outcome is in the log.
  std::function<void(const ReloadOutcome&)> done = {};

  /// `who` for the audit. Of a file that changed its name is enough, and none means the table's.
  Actor by = {};
  /// The digest of the table that is meant, which may take away as much as it does; empty: whatever
  /// the file says, as far as [table] max_removed lets it. Of a reload.
  std::string confirm = {};
};

/// The last reload or rollback, whatever came of it.
struct LastReload {
  std::chrono::system_clock::time_point ended;  ///< the epoch: there was none since start
  bool refused = false;
  std::chrono::microseconds took{};
};

class Reloader {
 public:
  struct Patience {
    /// A change of the file is followed when it has been quiet for this long.
    std::chrono::milliseconds debounce{200};
    /// A worker that has not let go of the old table by then is named in the log.
    std::chrono::milliseconds stall{1'000};
    /// An outcome is told by then even if a worker still uses the old table.
    std::chrono::milliseconds grace{10'000};
    /// Where the table in force could not be kept, it is tried again after this long.
    std::chrono::milliseconds keep_again{10'000};
  };

  /// `config` and the others live longer. `file` is what was known of the table's file at the
  /// start; `kept`: where the tables in force are kept, if they are; `trail`: who changed what is
  /// recorded there, unless it is null. Nothing happens before start().
  Reloader(const Config& config, Dataplane& dataplane, LiveTable& live_table, TableFileState file,
           std::optional<KeptTable> kept, AuditTrail* trail, const Patience& patience);
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;
  ~Reloader();

  /// Starts the thread, which runs on `cpus`, and follows the table's file from now on, the
  /// signatures that it needs, their keys, and natto.toml, which may prevent the next start.
  [[nodiscard]] Status start(const std::vector<unsigned>& cpus);
  /// Lets go of what is still waiting. Main thread.
  void stop();

  /// Requests that may wait.
  static constexpr std::size_t kMaxWaiting = 64;

  /// Any thread; does not wait for the outcome. False: it will not be done, since too many wait
  /// already, or after stop().
  bool request(ReloadRequest request);

  /// Does what was asked, on the calling thread: for tests, before start().
  ReloadOutcome run(const ReloadRequest& request);

  /// Any thread.
  [[nodiscard]] bool rollback_possible() const { return has_previous_.load(); }
  [[nodiscard]] std::uint64_t reloads() const { return reloads_.load(); }
  [[nodiscard]] std::uint64_t refusals() const { return refusals_.load(); }
  [[nodiscard]] TableFileState file_state() const;
  [[nodiscard]] LastReload last_reload() const;
  /// Why the table in force is not kept for the next start; empty if it is, or none has to be.
  [[nodiscard]] std::string not_kept() const;

 private:
  using Clock = std::chrono::steady_clock;

  void say_if_kept_table() const;
  void work();
  void wait(std::chrono::milliseconds at_most);
  [[nodiscard]] std::filesystem::path changed_file();
  void wake();
  [[nodiscard]] std::optional<ReloadRequest> next_request();
  [[nodiscard]] Result<std::shared_ptr<const MappingTable>> wanted_table(
      const ReloadRequest& request, ReloadOutcome& outcome) const;
  [[nodiscard]] std::string read_config(ReloadOutcome& outcome) const;
  void attempt(const ReloadRequest& request, ReloadOutcome& outcome);
  void replace(const ReloadRequest& request, std::shared_ptr<const MappingTable> table,
               ReloadOutcome& outcome);
  void hold_back(ReloadOutcome& outcome);
  [[nodiscard]] std::string objection(const ReloadRequest& request, const MappingTable& table,
                                      ReloadOutcome& outcome) const;
  void remember_serial(const MappingTable& table, const std::string& digest);
  void wait_for_grace(ReloadOutcome& outcome);
  void remember_file(TableFileState state);
  void remember(const ReloadOutcome& outcome);
  void keep();
  void refuse(const Error& error, ReloadOutcome& outcome);
  void say(const ReloadRequest& request, const ReloadOutcome& outcome);
  void record(const ReloadRequest& request, const ReloadOutcome& outcome);
  [[nodiscard]] std::string stalled_workers() const;

  const Config& config_;
  Dataplane& dataplane_;
  LiveTable& live_table_;
  const std::optional<KeptTable> kept_;
  AuditTrail* const trail_;
  const Patience patience_;
  std::vector<FileWatch> watches_;  ///< of the table's file, its signatures, and natto.toml
  int wake_up_;                     ///< eventfd(2)
  std::thread thread_;
  std::atomic<bool> stopping_{false};

  std::shared_ptr<const MappingTable> previous_;  ///< what a rollback brings back
  std::string rolled_back_;  ///< the digest of what a rollback took out of force; empty: of none
  KnownTable newest_;        ///< of all tables that were in force, that with the highest serial
  std::atomic<bool> has_previous_{false};
  std::atomic<std::uint64_t> reloads_{0};
  std::atomic<std::uint64_t> refusals_{0};
  std::uint64_t last_id_ = 0;
  Clock::time_point kept_at_;  ///< when keeping was tried last

  // What the log says once, until it is no longer so.
  bool no_change_ = false;
  std::vector<std::string> config_changed_;

  mutable std::mutex mutex_;  ///< guards what follows
  TableFileState file_;
  LastReload last_reload_;
  std::string not_kept_;
  std::deque<ReloadRequest> waiting_;
  bool accepts_ = true;
};

}  // namespace natto
