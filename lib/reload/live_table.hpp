#pragma once

// The running translation table for all but the workers, and the mappings' counters across its
// versions: they belong to the mapping's name.

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "dataplane/dataplane.hpp"
#include "reload/loaded_table.hpp"

namespace natto {

struct DirectionTotals {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;     ///< of the IPv4 packets
  std::uint64_t last_tsc = 0;  ///< to 1/8 s; 0: never

  DirectionTotals& operator+=(const DirectionTotals& other) noexcept;
};

struct MappingTotals {
  DirectionTotals from;  ///< sent by the mapped host
  DirectionTotals to;    ///< sent to it

  [[nodiscard]] std::uint64_t packets() const noexcept { return from.packets + to.packets; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return from.bytes + to.bytes; }
  MappingTotals& operator+=(const MappingTotals& other) noexcept;
};

struct RuleTotals {
  DirectionTotals there;  ///< from the rule's first side to its second
  DirectionTotals back;
  std::uint64_t refused_openings = 0;

  RuleTotals& operator+=(const RuleTotals& other) noexcept;
};

struct LimitTotals {
  std::uint64_t passed_packets = 0;
  std::uint64_t passed_bytes = 0;
  std::uint64_t over_packets = 0;
  std::uint64_t over_bytes = 0;

  LimitTotals& operator+=(const LimitTotals& other) noexcept;
};

/// What a table had and the next one has not, or has otherwise under the same name.
template <typename Entry, typename Totals>
struct LeftEntry {
  Entry entry;
  std::uint32_t index = 0;  ///< in the table that had it
  bool name_stays = false;  ///< the next table has the name, and these counts stay among its own
  Totals totals = {};       ///< until the last packet
};

/// What was left when a table came into force, once no worker used the one before.
struct LeftBehind {
  std::vector<LeftEntry<Mapping, MappingTotals>> mappings = {};
  std::vector<LeftEntry<AllowRule, RuleTotals>> rules = {};
  std::vector<LeftEntry<LimitRule, LimitTotals>> limits = {};
  // Of the next table.
  std::uint64_t version = 0;
  std::string digest;
  std::chrono::system_clock::time_point loaded;
};

class LiveTable {
 public:
  /// `first` is what `dataplane` has published.
  LiveTable(Dataplane& dataplane, std::shared_ptr<const LoadedTable> first);

  /// Any thread but workers.
  [[nodiscard]] std::shared_ptr<const LoadedTable> current() const;

  /// A version of the table, with counters of its mappings, rules or limits.
  template <typename Totals>
  struct Counted {
    std::shared_ptr<const LoadedTable> loaded;
    std::vector<Totals> totals;  ///< of those selected, in that order
  };
  /// Of the current version: `select(version)` returns the indices wanted. Any thread but workers.
  template <typename Totals = MappingTotals, typename Select>
  [[nodiscard]] Counted<Totals> counted(Select select) const {
    const std::lock_guard lock(mutex_);
    Counted<Totals> result{.loaded = tables_.back().loaded, .totals = {}};
    for (const std::uint32_t index : select(*result.loaded)) {
      result.totals.push_back(totals<Totals>(tables_.size() - 1, index));
    }
    return result;
  }

  /// From now on what is left is kept for look(); returns the current version. One thread, the one
  /// that looks.
  [[nodiscard]] std::shared_ptr<const LoadedTable> keep_left();

  /// All that was counted: of what was left since the last look, and of the current version.
  struct Look {
    std::list<LeftBehind> left;
    std::shared_ptr<const LoadedTable> loaded;
    std::vector<MappingTotals> mappings = {};
    std::vector<RuleTotals> rules = {};
    std::vector<LimitTotals> limits = {};
  };
  /// None while workers use the version before, unless it is wanted `anyway`: then some of what was
  /// left is missing. After keep_left(), on one thread, which is no worker.
  [[nodiscard]] std::optional<Look> look(bool anyway);

  /// From now on workers use `next`. The reloader's thread. Throws std::bad_alloc, and then nothing
  /// has changed.
  void publish(std::shared_ptr<const LoadedTable> next);

  /// `same` says what the current version says, perhaps on other lines, in another file, with
  /// another serial or signed by others: reports cite `same` from now on. The reloader's thread.
  /// Throws std::bad_alloc as publish() does.
  void cite(const MappingTable& same);

  /// Frees the versions that no worker uses any more; true if only the current one is left.
  /// The reloader's thread. Allocates nothing.
  bool reclaim();

 private:
  /// What was counted under the names of a version before it.
  template <typename Totals>
  struct Ancestry {
    std::vector<Totals> earlier;          ///< by index: from versions that were freed
    std::vector<std::uint32_t> in_prior;  ///< by index: the same name's in the version before
  };
  struct Held {
    std::shared_ptr<const LoadedTable> loaded;
    std::tuple<Ancestry<MappingTotals>, Ancestry<RuleTotals>, Ancestry<LimitTotals>> ancestries;
    std::list<LeftBehind> left = {};  ///< one, without its totals, if the version before is held
  };
  static constexpr std::uint32_t kAbsent = UINT32_MAX;

  [[nodiscard]] static Held held(std::shared_ptr<const LoadedTable> loaded,
                                 const MappingTable* before);
  template <typename Totals>
  void inherit_from_freed();
  void count_left();
  template <typename Totals>
  [[nodiscard]] Totals totals(std::size_t version, std::uint32_t index) const;

  Dataplane& dataplane_;
  mutable std::mutex mutex_;    ///< guards tables_
  std::deque<Held> tables_;     ///< oldest first; all but the last are to be freed
  std::list<LeftBehind> left_;  ///< since the last look
  bool keeps_left_ = false;
};

}  // namespace natto
