#include "reload/live_table.hpp"

#include <algorithm>
#include <new>
#include <string_view>
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

LiveTable::LiveTable(Dataplane& dataplane, std::shared_ptr<const LoadedTable> first)
    : dataplane_(dataplane) {
  const std::size_t mappings = first->table->mappings.size();
  tables_.push_back({.loaded = std::move(first),
                     .earlier = std::vector<MappingTotals>(mappings),
                     .in_prior = std::vector<std::uint32_t>(mappings, kAbsent)});
}

std::shared_ptr<const LoadedTable> LiveTable::current() const {
  const std::lock_guard lock(mutex_);
  return tables_.back().loaded;
}

void LiveTable::publish(std::shared_ptr<const LoadedTable> next) {
  // Only this thread changes tables_, so it may read without the lock.
  const auto& before = tables_.back().loaded->table->mappings;
  std::unordered_map<std::string_view, std::uint32_t> index_before;
  index_before.reserve(before.size());
  for (std::uint32_t i = 0; i < before.size(); ++i) {
    index_before.emplace(before[i].name, i);
  }
  const auto& mappings = next->table->mappings;
  Held held{.loaded = std::move(next),
            .earlier = std::vector<MappingTotals>(mappings.size()),
            .in_prior = {}};
  held.in_prior.reserve(mappings.size());
  for (const Mapping& mapping : mappings) {
    const auto found = index_before.find(mapping.name);
    held.in_prior.push_back(found == index_before.end() ? kAbsent : found->second);
  }

  const std::lock_guard lock(mutex_);
  tables_.push_back(std::move(held));
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
  std::unordered_map<std::string_view, std::uint32_t> lines;
  lines.reserve(same.mappings.size());
  for (const Mapping& mapping : same.mappings) {
    lines.emplace(mapping.name, mapping.line);
  }
  const auto line_is_same = [&lines](const Mapping& mapping) {
    return mapping.line == lines.at(mapping.name);
  };
  if (same.file == before->table->file &&
      std::ranges::all_of(before->table->mappings, line_is_same)) {
    return;
  }
  MappingTable table{.mappings = before->table->mappings, .file = same.file};
  for (Mapping& mapping : table.mappings) {
    mapping.line = lines.at(mapping.name);
  }
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
    Held& second = tables_[1];
    for (std::uint32_t i = 0; i < second.in_prior.size(); ++i) {
      if (second.in_prior[i] != kAbsent) {
        second.earlier[i] += totals(0, second.in_prior[i]);
        second.in_prior[i] = kAbsent;
      }
    }
    gone = std::move(tables_.front());
    tables_.pop_front();
  }
}

MappingTotals LiveTable::totals(std::size_t version, std::uint32_t index) const {
  const Held& of = tables_[version];
  MappingTotals sum = of.earlier[index];
  for (std::size_t worker = 0; worker < dataplane_.activity.size(); ++worker) {
    const MappingCounters& counters = of.loaded->translations->counters(worker)[index];
    sum += {.from = read(counters.from, counters.last_from, dataplane_.clock),
            .to = read(counters.to, counters.last_to, dataplane_.clock)};
  }
  if (const std::uint32_t prior = of.in_prior[index]; prior != kAbsent) {
    sum += totals(version - 1, prior);
  }
  return sum;
}

}  // namespace natto
