#include "reload/live_table.hpp"

#include <algorithm>
#include <new>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace natto {
namespace {

DirectionTotals read(const DirectionCounters& counters, const BasicCounter<CoarseTime>& last,
                     CoarseClock clock) noexcept {
  return {.packets = counters.packets.value(),
          .bytes = counters.bytes.value(),
          .last_tsc = clock.tsc_of(last.value())};
}

// Of one entry through one worker.

MappingTotals read(const TranslationTable& table, std::size_t worker, std::uint32_t index,
                   CoarseClock clock, const MappingTotals& /*kind*/) noexcept {
  const MappingCounters& counters = table.counters(worker)[index];
  return {.from = read(counters.from, counters.last_from, clock),
          .to = read(counters.to, counters.last_to, clock)};
}

RuleTotals read(const TranslationTable& table, std::size_t worker, std::uint32_t index,
                CoarseClock /*clock*/, const RuleTotals& /*kind*/) noexcept {
  const RuleCounters& counters = table.rule_counters(worker)[index];
  const auto direction = [](const DirectionCounters& of) {
    return DirectionTotals{.packets = of.packets.value(), .bytes = of.bytes.value()};
  };
  return {.there = direction(counters.there),
          .back = direction(counters.back),
          .refused_openings = counters.refused_openings.value()};
}

LimitTotals read(const TranslationTable& table, std::size_t worker, std::uint32_t index,
                 CoarseClock /*clock*/, const LimitTotals& /*kind*/) noexcept {
  const LimitShare& share = table.limit_shares(worker)[index];
  return {.passed_packets = share.passed_packets.value(),
          .passed_bytes = share.passed_bytes.value(),
          .over_packets = share.over_packets.value(),
          .over_bytes = share.over_bytes.value()};
}

/// What of a table has totals of this kind.
template <typename Totals>
const auto& entries(const MappingTable& table) {
  if constexpr (std::is_same_v<Totals, MappingTotals>) {
    return table.mappings;
  } else if constexpr (std::is_same_v<Totals, RuleTotals>) {
    return table.rules.allow;
  } else {
    static_assert(std::is_same_v<Totals, LimitTotals>);
    return table.rules.limits;
  }
}

/// By index in `entries`: the line of the same name in `same`.
template <typename Entry>
std::vector<std::uint32_t> lines_in(const std::vector<Entry>& same,
                                    const std::vector<Entry>& entries) {
  std::unordered_map<std::string_view, std::uint32_t> by_name;
  by_name.reserve(same.size());
  for (const Entry& entry : same) {
    by_name.emplace(entry.name, entry.line);
  }
  std::vector<std::uint32_t> lines;
  lines.reserve(entries.size());
  for (const Entry& entry : entries) {
    lines.push_back(by_name.at(entry.name));
  }
  return lines;
}

/// Whether `entries` stand on these lines.
template <typename Entry>
bool stand_on(const std::vector<std::uint32_t>& lines, const std::vector<Entry>& entries) {
  return std::ranges::equal(lines, entries, {}, {}, &Entry::line);
}

template <typename Entry>
void move_to(const std::vector<std::uint32_t>& lines, std::vector<Entry>& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].line = lines[i];
  }
}

// Whether they count the same. Names are alike, lines do not matter.

bool count_alike(const Mapping& a, const Mapping& b) { return translates_alike(a, b); }
bool count_alike(const AllowRule& a, const AllowRule& b) {
  return a.from == b.from && a.to == b.to && a.between == b.between && a.protocols == b.protocols &&
         a.ports == b.ports;
}
bool count_alike(const LimitRule& a, const LimitRule& b) {
  return a.from == b.from && a.to == b.to && a.packets_per_second == b.packets_per_second &&
         a.bits_per_second == b.bits_per_second && a.burst_ms == b.burst_ms;
}

/// What was left of this kind.
template <typename Totals>
auto& left_of(LeftBehind& left) {
  if constexpr (std::is_same_v<Totals, MappingTotals>) {
    return left.mappings;
  } else if constexpr (std::is_same_v<Totals, RuleTotals>) {
    return left.rules;
  } else {
    static_assert(std::is_same_v<Totals, LimitTotals>);
    return left.limits;
  }
}

}  // namespace

DirectionTotals& DirectionTotals::operator+=(const DirectionTotals& other) noexcept {
  packets += other.packets;
  bytes += other.bytes;
  last_tsc = std::max(last_tsc, other.last_tsc);
  return *this;
}

MappingTotals& MappingTotals::operator+=(const MappingTotals& other) noexcept {
  from += other.from;
  to += other.to;
  return *this;
}

RuleTotals& RuleTotals::operator+=(const RuleTotals& other) noexcept {
  there += other.there;
  back += other.back;
  refused_openings += other.refused_openings;
  return *this;
}

LimitTotals& LimitTotals::operator+=(const LimitTotals& other) noexcept {
  passed_packets += other.passed_packets;
  passed_bytes += other.passed_bytes;
  over_packets += other.over_packets;
  over_bytes += other.over_bytes;
  return *this;
}

LiveTable::LiveTable(Dataplane& dataplane, std::shared_ptr<const LoadedTable> first)
    : dataplane_(dataplane) {
  tables_.push_back(held(std::move(first), nullptr));
}

LiveTable::Held LiveTable::held(std::shared_ptr<const LoadedTable> loaded,
                                const MappingTable* before) {
  Held result{.loaded = std::move(loaded), .ancestries = {}};
  LeftBehind left{.version = result.loaded->version(),
                  .digest = result.loaded->digest,
                  .loaded = result.loaded->loaded};
  const auto fill = [&]<typename Totals>(Ancestry<Totals>& ancestry) {
    const auto& now = entries<Totals>(*result.loaded->table);
    ancestry.earlier.resize(now.size());
    ancestry.in_prior.assign(now.size(), kAbsent);
    if (before == nullptr) {
      return;
    }
    const auto& old = entries<Totals>(*before);
    std::unordered_map<std::string_view, std::uint32_t> index_before;
    index_before.reserve(old.size());
    for (std::uint32_t i = 0; i < old.size(); ++i) {
      index_before.emplace(old[i].name, i);
    }
    std::vector<std::uint32_t> in_next(old.size(), kAbsent);
    for (std::uint32_t i = 0; i < now.size(); ++i) {
      if (const auto found = index_before.find(now[i].name); found != index_before.end()) {
        ancestry.in_prior[i] = found->second;
        in_next[found->second] = i;
      }
    }
    for (std::uint32_t i = 0; i < old.size(); ++i) {
      const bool name_stays = in_next[i] != kAbsent;
      if (!name_stays || !count_alike(old[i], now[in_next[i]])) {
        left_of<Totals>(left).push_back({.entry = old[i], .index = i, .name_stays = name_stays});
      }
    }
  };
  std::apply([&](auto&... ancestries) { (fill(ancestries), ...); }, result.ancestries);
  if (before != nullptr) {
    result.left.push_back(std::move(left));
  }
  return result;
}

std::shared_ptr<const LoadedTable> LiveTable::keep_left() {
  const std::lock_guard lock(mutex_);
  keeps_left_ = true;
  return tables_.back().loaded;
}

std::optional<LiveTable::Look> LiveTable::look(bool anyway) {
  const std::lock_guard lock(mutex_);
  if (tables_.size() > 1 && !anyway) {
    return std::nullopt;
  }
  Look look{.left = std::exchange(left_, {}), .loaded = tables_.back().loaded};
  const auto read_all = [this]<typename Totals>(std::vector<Totals>& into, std::size_t size) {
    into.reserve(size);
    for (std::uint32_t i = 0; i < size; ++i) {
      into.push_back(totals<Totals>(tables_.size() - 1, i));
    }
  };
  const MappingTable& table = *look.loaded->table;
  read_all(look.mappings, table.mappings.size());
  read_all(look.rules, table.rules.allow.size());
  read_all(look.limits, table.rules.limits.size());
  return look;
}

std::shared_ptr<const LoadedTable> LiveTable::current() const {
  const std::lock_guard lock(mutex_);
  return tables_.back().loaded;
}

void LiveTable::publish(std::shared_ptr<const LoadedTable> next) {
  // Only this thread changes tables_, so it may read without the lock.
  Held newest = held(std::move(next), tables_.back().loaded->table.get());

  const std::lock_guard lock(mutex_);
  tables_.push_back(std::move(newest));
  try {
    dataplane_.table.publish(tables_.back().loaded->translations, dataplane_.quiescence);
  } catch (const std::bad_alloc&) {
    tables_.pop_back();
    throw;
  }
}

// The order stays: counters and translations go by index.
void LiveTable::cite(const MappingTable& same) {
  const std::shared_ptr<const LoadedTable> before = tables_.back().loaded;
  const MappingTable& old = *before->table;
  const auto of_mappings = lines_in(same.mappings, old.mappings);
  const auto of_rules = lines_in(same.rules.allow, old.rules.allow);
  const auto of_limits = lines_in(same.rules.limits, old.rules.limits);
  if (same.file == old.file && same.serial == old.serial && same.signatures == old.signatures &&
      stand_on(of_mappings, old.mappings) && stand_on(of_rules, old.rules.allow) &&
      stand_on(of_limits, old.rules.limits)) {
    return;
  }
  MappingTable table = old;
  table.file = same.file;
  table.serial = same.serial;
  table.serial_line = same.serial_line;
  table.signatures = same.signatures;
  move_to(of_mappings, table.mappings);
  move_to(of_rules, table.rules.allow);
  move_to(of_limits, table.rules.limits);
  LoadedTable next = *before;
  next.table = std::make_shared<const MappingTable>(std::move(table));
  auto cited = std::make_shared<const LoadedTable>(std::move(next));
  const std::lock_guard lock(mutex_);
  tables_.back().loaded = std::move(cited);
}

bool LiveTable::reclaim() {
  const auto has_pending = [this](const TranslationTable& table) {
    return std::ranges::any_of(dataplane_.activity, [&](const WorkerActivity& activity) {
      return activity.oldest_pending_version.load(std::memory_order_acquire) == table.version();
    });
  };
  const std::size_t in_use = dataplane_.table.reclaim(dataplane_.quiescence, has_pending);
  while (true) {
    Held gone;  // freed without the lock
    const std::lock_guard lock(mutex_);
    if (tables_.size() - 1 <= in_use) {
      return tables_.size() == 1;
    }
    count_left();
    inherit_from_freed<MappingTotals>();
    inherit_from_freed<RuleTotals>();
    inherit_from_freed<LimitTotals>();
    gone = std::move(tables_.front());
    tables_.pop_front();
  }
}

/// Of the oldest table, which is about to be freed: what the one after it has not.
void LiveTable::count_left() {
  std::list<LeftBehind>& left = tables_[1].left;
  if (!keeps_left_) {
    return left.clear();
  }
  const auto count =
      [this]<typename Entry, typename Totals>(std::vector<LeftEntry<Entry, Totals>>& entries) {
        for (LeftEntry<Entry, Totals>& one : entries) {
          one.totals = totals<Totals>(0, one.index);
        }
      };
  count(left.front().mappings);
  count(left.front().rules);
  count(left.front().limits);
  left_.splice(left_.end(), left);
}

/// Of the oldest table, which is about to be freed, to the one after it.
template <typename Totals>
void LiveTable::inherit_from_freed() {
  auto& second = std::get<Ancestry<Totals>>(tables_[1].ancestries);
  for (std::uint32_t i = 0; i < second.in_prior.size(); ++i) {
    if (second.in_prior[i] != kAbsent) {
      second.earlier[i] += totals<Totals>(0, second.in_prior[i]);
      second.in_prior[i] = kAbsent;
    }
  }
}

template <typename Totals>
Totals LiveTable::totals(std::size_t version, std::uint32_t index) const {
  const Held& of = tables_[version];
  const auto& ancestry = std::get<Ancestry<Totals>>(of.ancestries);
  Totals sum = ancestry.earlier[index];
  for (std::size_t worker = 0; worker < dataplane_.activity.size(); ++worker) {
    sum += read(*of.loaded->translations, worker, index, dataplane_.clock, Totals{});
  }
  if (const std::uint32_t prior = ancestry.in_prior[index]; prior != kAbsent) {
    sum += totals<Totals>(version - 1, prior);
  }
  return sum;
}

template MappingTotals LiveTable::totals(std::size_t version, std::uint32_t index) const;
template RuleTotals LiveTable::totals(std::size_t version, std::uint32_t index) const;
template LimitTotals LiveTable::totals(std::size_t version, std::uint32_t index) const;

}  // namespace natto
