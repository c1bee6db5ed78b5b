#include "history/historian.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "base/cpus.hpp"
#include "dpdk/log.hpp"
#include "history/history_files.hpp"
#include "table/policy_text.hpp"

namespace natto {
namespace {

using Clock = std::chrono::system_clock;

/// The system's clock may be set: more than so long is not slept at once.
constexpr std::chrono::seconds kLongestSleep(60);

/// What came since `before`.
std::uint64_t gain(std::uint64_t now, std::uint64_t before) { return now - std::min(now, before); }

DirectionTotals gain(const DirectionTotals& now, const DirectionTotals& before) {
  return {.packets = gain(now.packets, before.packets), .bytes = gain(now.bytes, before.bytes)};
}

MappingTotals gain(const MappingTotals& now, const MappingTotals& before) {
  return {.from = gain(now.from, before.from), .to = gain(now.to, before.to)};
}

RuleTotals gain(const RuleTotals& now, const RuleTotals& before) {
  return {.there = gain(now.there, before.there),
          .back = gain(now.back, before.back),
          .refused_openings = gain(now.refused_openings, before.refused_openings)};
}

LimitTotals gain(const LimitTotals& now, const LimitTotals& before) {
  return {.passed_packets = gain(now.passed_packets, before.passed_packets),
          .passed_bytes = gain(now.passed_bytes, before.passed_bytes),
          .over_packets = gain(now.over_packets, before.over_packets),
          .over_bytes = gain(now.over_bytes, before.over_bytes)};
}

bool is_nothing(const MappingTotals& of) { return of.packets() == 0; }
bool is_nothing(const RuleTotals& of) {
  return of.there.packets + of.back.packets + of.refused_openings == 0;
}
bool is_nothing(const LimitTotals& of) { return of.passed_packets + of.over_packets == 0; }

void add_gains(Numbers& sums, const Numbers& now, const Numbers& before) {
  for (const auto& [name, number] : now) {
    const auto found = before.find(name);
    if (const auto more = gain(number, found == before.end() ? 0 : found->second); more > 0) {
      sums[name] += more;
    }
  }
}

/// The realms of a rule's or limit's sides, each once.
std::vector<std::string> realms_in(const std::vector<Endpoint>& from,
                                   const std::vector<Endpoint>& to, const Config& config) {
  std::vector<std::string> realms;
  for (const auto* side : {&from, &to}) {
    for (const Endpoint& endpoint : *side) {
      realms.push_back(config.ports[endpoint.realm].realm);
    }
  }
  std::ranges::sort(realms);
  realms.erase(std::unique(realms.begin(), realms.end()), realms.end());
  return realms;
}

}  // namespace

Historian::Historian(const Config& config, LiveTable& live_table, Read read,
                     std::filesystem::path folder)
    : config_(config),
      live_table_(live_table),
      read_(std::move(read)),
      folder_(std::move(folder)) {}

void Historian::start(const std::vector<unsigned>& cpus) {
  period_ = {.from = Clock::now(), .begins = true};
  next_look_ = next_look(period_.from, 0);
  const auto first = live_table_.keep_left();
  add_table(first->version(), first->digest, first->loaded);
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  run_on(thread_.native_handle(), cpus, "natto-history");
}

std::string Historian::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

// The thread.

void Historian::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto step = [&](WallTime at, bool ends) {
    lock.unlock();
    bool done = false;
    try {
      done = look(at, ends);
    } catch (const std::bad_alloc&) {
      // What was counted is still there.
    }
    lock.lock();
    return done;
  };
  while (!stop.stop_requested()) {
    const WallTime now = Clock::now();
    if (now >= next_look_ && !step(next_look_, false)) {
      wake_up_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
      continue;
    }
    if (now < period_.from) {  // the clock was set back
      next_look_ = next_look(now, 0);
    }
    const auto until =
        std::clamp<Clock::duration>(next_look_ - Clock::now(), Clock::duration(0), kLongestSleep);
    wake_up_.wait_for(lock, stop, until, [] { return false; });
  }
  static_cast<void>(step(Clock::now(), true));
}

bool Historian::look(WallTime at, bool ends) {
  const auto found = live_table_.look(ends);
  if (!found) {
    return false;
  }
  count(*found);
  count_numbers();
  period_.to = std::max(at, period_.from);
  period_.ends = ends;
  const Result<std::size_t> written = append_period(folder_, period_);
  say(written ? "" : written.error().message);
  next_look_ = next_look(Clock::now(), written ? *written : 0);
  if (written) {
    period_ = {.from = period_.to, .tables = {period_.tables.back()}};
  } else {
    sum_up(period_);
  }
  return true;
}

void Historian::count(const LiveTable::Look& look) {
  for (const LeftBehind& left : look.left) {
    const auto count_left = [this](auto& before, const auto& entries) {
      for (const auto& one : entries) {
        count_entry(before, one.entry, one.totals);
        if (!one.name_stays) {
          before.erase(one.entry.name);  // another one of this name begins with nothing
        }
      }
    };
    count_left(mappings_, left.mappings);
    count_left(rules_, left.rules);
    count_left(limits_, left.limits);
    add_table(left.version, left.digest, left.loaded);
  }
  const auto count_all = [this](auto& before, const auto& entries, const auto& totals) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      count_entry(before, entries[i], totals[i]);
    }
  };
  const MappingTable& table = *look.loaded->table;
  count_all(mappings_, table.mappings, look.mappings);
  count_all(rules_, table.rules.allow, look.rules);
  count_all(limits_, table.rules.limits, look.limits);
  add_table(look.loaded->version(), look.loaded->digest, look.loaded->loaded);
}

void Historian::add_table(std::uint64_t version, const std::string& digest, WallTime since) {
  if (period_.tables.empty() || period_.tables.back().version != version) {
    period_.tables.push_back({.version = version, .digest = digest, .since = since});
  }
}

template <typename Totals, typename Entry>
void Historian::count_entry(std::unordered_map<std::string, Totals>& before, const Entry& entry,
                            const Totals& now) {
  if (is_nothing(now)) {
    return;  // as most are
  }
  Totals& last = before[entry.name];
  if (const Totals more = gain(now, last); !is_nothing(more)) {
    add(entry, more);
    last = now;
  }
}

void Historian::add(const Mapping& mapping, const MappingTotals& more) {
  period_.mappings.push_back({.name = mapping.name,
                              .realm = config_.ports[mapping.realm].realm,
                              .real = to_string(mapping.real),
                              .mapped = to_string(mapping.mapped),
                              .from_packets = more.from.packets,
                              .from_bytes = more.from.bytes,
                              .to_packets = more.to.packets,
                              .to_bytes = more.to.bytes});
}

void Historian::add(const AllowRule& rule, const RuleTotals& more) {
  period_.rules.push_back({.name = rule.name,
                           .allows = to_string(rule, config_),
                           .realms = realms_in(rule.from, rule.to, config_),
                           .there_packets = more.there.packets,
                           .there_bytes = more.there.bytes,
                           .back_packets = more.back.packets,
                           .back_bytes = more.back.bytes,
                           .refused_openings = more.refused_openings});
}

void Historian::add(const LimitRule& limit, const LimitTotals& more) {
  const bool is_of_all = limit.from.empty() && limit.to.empty();
  period_.limits.push_back(
      {.name = limit.name,
       .limits = to_string(limit, config_),
       .realms = is_of_all ? std::vector<std::string>() : realms_in(limit.from, limit.to, config_),
       .passed_packets = more.passed_packets,
       .passed_bytes = more.passed_bytes,
       .over_packets = more.over_packets,
       .over_bytes = more.over_bytes});
}

void Historian::count_numbers() {
  CountedNumbers now = read_();
  add_gains(period_.counters, now.counters, numbers_.counters);
  add_gains(period_.drops, now.drops, numbers_.drops);
  for (const auto& [realm, numbers] : now.ports) {
    add_gains(period_.ports[realm], numbers, numbers_.ports[realm]);
  }
  numbers_ = std::move(now);
}

/// In the log, once: that the history is not written; that it is again.
void Historian::say(const std::string& trouble) {
  const std::lock_guard lock(mutex_);
  if (!trouble.empty() && trouble_.empty()) {
    log(LogLevel::kError, "the history of counters is not written: {}", trouble);
  } else if (trouble.empty() && !trouble_.empty()) {
    log(LogLevel::kInfo, "the history of counters is written again");
  }
  trouble_ = trouble;
}

}  // namespace natto
