#include "ports/port_monitor.hpp"

#include <utility>

#include "dpdk/log.hpp"

namespace natto {
namespace {

/// Whether a counter counts bytes, by its name without_queue().
bool counts_bytes(const std::string& of_all) {
  return of_all == "rx_good_bytes" || of_all == "tx_good_bytes" || of_all == "rx_q*_bytes" ||
         of_all == "tx_q*_bytes";
}

}  // namespace

PortMonitor::PortMonitor(std::vector<std::string> names, ReadCounters read)
    : read_(std::move(read)), counters_(names.size()), bytes_(names.size()) {
  for (std::string& name : names) {
    watches_.push_back(
        {.name = std::move(name), .sampled = {}, .kernel_losses = {}, .counters = {}, .bytes = {}});
  }
}

std::optional<std::size_t> PortMonitor::sample(Instant now, const std::vector<Port>& ports,
                                               PortSet in_use) {
  const std::size_t index = std::exchange(next_, (next_ + 1) % watches_.size());
  Watch& watch = watches_[index];
  if (!in_use.contains(static_cast<RealmId>(index)) ||
      (watch.sampled && now < *watch.sampled + kPeriod)) {
    return std::nullopt;
  }
  watch.sampled = now;
  const Port& port = ports[index];
  if (!watch.kernel_losses) {
    watch.kernel_losses.emplace(port.plan().driver, port.interface());
  }
  bool needs_reset = false;
  // A driver without them is none to complain of every second.
  if (auto read = read_(port.id())) {
    read->push_back({.name = "rx_missed_errors", .value = watch.kernel_losses->read()});
    needs_reset = take(now, watch, *read);
  } else {
    needs_reset = miss(watch);
  }
  std::vector<WatchedValue> counters;
  for (const auto& [name, counter] : watch.counters) {
    counters.push_back({.name = name,
                        .value = counter.value,
                        .last_minute = counter.value - counter.minute.front().value,
                        .watched = counter.watched});
  }
  std::vector<PortCounter> bytes;
  for (const auto& [name, continued] : watch.bytes) {
    bytes.push_back({.name = name, .value = continued.value});
  }
  const std::lock_guard lock(mutex_);
  counters_[index] = std::move(counters);
  bytes_[index] = std::move(bytes);
  return needs_reset ? std::optional(index) : std::nullopt;
}

bool PortMonitor::miss(Watch& watch) {
  if (!watch.has_answered || ++watch.unanswered < kUnanswered) {
    return false;
  }
  watch.has_answered = false;
  log(LogLevel::kWarning, "port {}: its device does not answer any more", watch.name);
  return true;
}

bool PortMonitor::take(Instant now, Watch& watch, const std::vector<PortCounter>& read) {
  watch.has_answered = true;
  watch.unanswered = 0;
  std::map<std::string, std::uint64_t> sums;
  for (const PortCounter& counter : read) {
    const std::string of_all = without_queue(counter.name);
    sums[of_all] += counter.value;
    if (counts_bytes(of_all)) {
      watch.bytes[counter.name].read(counter.value);
    }
  }
  bool needs_reset = false;
  for (const auto& [name, value] : sums) {
    const WatchedCounter* watched = find_watched_counter(name);
    if (watched == nullptr) {
      continue;
    }
    const auto [entry, is_new] = watch.counters.try_emplace(name, *watched);
    Counter& counter = entry->second;
    if (is_new) {
      // What was before natto is no news.
      counter.value_at_warning = watched->needs_reset ? 0 : value;
    }
    const std::uint64_t before = counter.value;
    update(counter, now, value);
    needs_reset |= watched->needs_reset && counter.value > before;
    warn(watch.name, name, counter, now);
  }
  return needs_reset;
}

void PortMonitor::update(Counter& counter, Instant now, std::uint64_t value) {
  counter.continued.read(value);
  counter.value = counter.watched->is_level ? value : counter.continued.value;
  if (counter.watched->is_level) {
    counter.minute.clear();  // whatever it did, it did not grow
  }
  counter.minute.push_back({now, counter.value});
  while (counter.minute.size() > 1 && counter.minute[1].time <= now - kMinute) {
    counter.minute.pop_front();
  }
}

void PortMonitor::warn(const std::string& port, const std::string& name, Counter& counter,
                       Instant now) {
  const std::uint64_t growth = counter.value - counter.value_at_warning;
  if (counter.watched->is_level || growth == 0 ||
      (counter.warned && now < *counter.warned + kMinute)) {
    return;
  }
  log(LogLevel::kWarning, "port {}: {} grew by {} to {}: {}; {}", port, name, growth, counter.value,
      counter.watched->meaning, counter.watched->advice);
  counter.warned = now;
  counter.value_at_warning = counter.value;
}

std::vector<WatchedValue> PortMonitor::counters(std::size_t port) const {
  const std::lock_guard lock(mutex_);
  return counters_[port];
}

std::vector<PortCounter> PortMonitor::bytes(std::size_t port) const {
  const std::lock_guard lock(mutex_);
  return bytes_[port];
}

}  // namespace natto
