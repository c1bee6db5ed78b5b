#include "api/reports/mapping_samples.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "api/reports/reports.hpp"

namespace natto::api {
namespace {

/// As many clients can look at once; each look takes memory for all mappings.
constexpr std::size_t kMaxLooks = 8;

struct Gain {
  std::uint32_t index;
  std::uint64_t packets;
};

/// The `limit` mappings that gained most; those that gained nothing are left out.
std::vector<Gain> busiest(const std::vector<MappingTotals>& before,
                          const std::vector<MappingTotals>& now, std::uint64_t limit) {
  std::vector<Gain> gains;
  for (std::uint32_t i = 0; i < now.size(); ++i) {
    if (const std::uint64_t packets = now[i].packets() - before[i].packets(); packets > 0) {
      gains.push_back({.index = i, .packets = packets});
    }
  }
  const auto end = gains.begin() + static_cast<std::ptrdiff_t>(std::min(limit, gains.size()));
  std::ranges::partial_sort(gains, end, std::greater(), &Gain::packets);
  gains.erase(end, gains.end());
  return gains;
}

}  // namespace

MappingSamples::MappingSamples(const LiveTable& table)
    // A number that an earlier natto gave means nothing to this one.
    : table_(table), last_number_(unix_milliseconds(std::chrono::system_clock::now())) {}

BusiestReport MappingSamples::look(const BusiestRequest& request) {
  LiveTable::Counted counted = table_.counted([](const LoadedTable& loaded) {
    std::vector<std::uint32_t> all(loaded.table->mappings.size());
    std::iota(all.begin(), all.end(), 0U);
    return all;
  });
  Look now{.number = ++last_number_,
           .time = Clock::now(),
           .version = counted.loaded->version(),
           .totals = std::move(counted.totals)};
  BusiestReport report{
      .version = now.version, .sample = now.number, .elapsed_us = 0, .mappings = {}};
  std::erase_if(looks_, [&now](const Look& look) { return look.version != now.version; });
  const auto before = std::ranges::find(looks_, request.since, &Look::number);
  if (before != looks_.end()) {
    report.elapsed_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(now.time - before->time).count());
    for (const Gain& gain : busiest(before->totals, now.totals, request.limit)) {
      const MappingTotals& then = before->totals[gain.index];
      const MappingTotals& sum = now.totals[gain.index];
      report.mappings.push_back({.name = counted.loaded->table->mappings[gain.index].name,
                                 .from_packets = sum.from.packets - then.from.packets,
                                 .from_bytes = sum.from.bytes - then.from.bytes,
                                 .to_packets = sum.to.packets - then.to.packets,
                                 .to_bytes = sum.to.bytes - then.to.bytes});
    }
    looks_.erase(before);
  } else if (looks_.size() == kMaxLooks) {
    looks_.erase(looks_.begin());
  }
  looks_.push_back(std::move(now));
  return report;
}

}  // namespace natto::api
