#include "ports/port_monitor.hpp"

#include <utility>

#include "dpdk/log.hpp"

namespace natto {
namespace {

/// Whether a counter counts bytes, by its name without_queue().
bool is_of_bytes(const std::string& of_all) {
  return of_all == "rx_good_bytes" || of_all == "tx_good_bytes" || of_all == "rx_q*_bytes" ||
         of_all == "tx_q*_bytes";
}

/// By their names without_queue().
std::map<std::string, std::uint64_t> sums_of_queues(const std::vector<PortCounter>& counters) {
  std::map<std::string, std::uint64_t> sums;
  for (const PortCounter& counter : counters) {
    sums[without_queue(counter.name)] += counter.value;
  }
  return sums;
}

}  // namespace

PortMonitor::PortMonitor(std::vector<std::string> names, ReadCounters read)
    : read_(std::move(read)), counters_(names.size()), bytes_(names.size()) {
  for (std::string& name : names) {
    watches_.push_back({.name = std::move(name),
                        .sampled = {},
                        .kernel_losses = {},
                        .answers = {},
                        .counters = {},
                        .bytes = {}});
  }
}

std::optional<std::size_t> PortMonitor::sample(Instant now, const std::vector<Port>& ports,
                                               PortSet in_use, const CounterSums& sums) {
  const std::size_t index = std::exchange(next_, (next_ + 1) % watches_.size());
  Watch& watch = watches_[index];
  if (!in_use.contains(static_cast<RealmId>(index)) ||
      (watch.sampled && now < *watch.sampled + kPeriod)) {
    return std::nullopt;
  }
  watch.sampled = now;
  bool needs_reset = false;
  // A driver without them is none to complain of every second.
  if (const auto read = read_counters(watch, ports[index])) {
    watch.answers.answered();
    needs_reset = take(now, watch, *read);
  } else if (watch.answers.unanswered(sums.ports[index])) {
    log(LogLevel::kWarning, "port {}: its device does not answer any more", watch.name);
    needs_reset = true;
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

void PortMonitor::was_reset(std::size_t index, const Port& port) {
  Watch& watch = watches_[index];
  watch.answers.was_reset();
  const auto read = read_counters(watch, port);
  if (!read) {
    expect_zero(watch);
    return;
  }
  // Those alone that the driver's burst functions count. What the device tells the driver now and
  // then, such as missed packets, is not there yet.
  for (const auto& [name, value] : sums_of_queues(*read)) {
    const auto found = watch.counters.find(name);
    if (found != watch.counters.end() && found->second.watched->needs_reset) {
      found->second.read(value);
    }
  }
  count_bytes(watch, *read);
}

// If the driver counts on instead, an old error is taken for a new one, and the port is reset once
// more than needed.
void PortMonitor::expect_zero(Watch& watch) {
  for (auto& [name, counter] : watch.counters) {
    if (counter.watched->needs_reset) {
      counter.continued.last_read = 0;
    }
  }
}

Result<std::vector<PortCounter>> PortMonitor::read_counters(Watch& watch, const Port& port) const {
  auto read = read_(port.id());
  if (read) {
    if (!watch.kernel_losses) {
      watch.kernel_losses.emplace(port.plan().driver, port.interface());
    }
    read->push_back({.name = "rx_missed_errors", .value = watch.kernel_losses->read()});
  }
  return read;
}

void PortMonitor::count_bytes(Watch& watch, const std::vector<PortCounter>& read) {
  for (const PortCounter& counter : read) {
    if (is_of_bytes(without_queue(counter.name))) {
      watch.bytes[counter.name].read(counter.value);
    }
  }
}

bool PortMonitor::take(Instant now, Watch& watch, const std::vector<PortCounter>& read) {
  count_bytes(watch, read);
  bool needs_reset = false;
  for (const auto& [name, value] : sums_of_queues(read)) {
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
  counter.read(value);
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
