#include <rte_cycles.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "api/reports/reports.hpp"

namespace natto::api {
namespace {

/// Rows of a piece: about 100 KB, which take a millisecond.
constexpr std::size_t kRowsOfAPiece = 512;

/// What `natto show mappings` may be limited to.
class MappingFilter {
 public:
  explicit MappingFilter(const std::string& text) : text_(text), range_(parse_ipv4_prefix(text)) {}

  [[nodiscard]] bool admits(const Mapping& mapping) const {
    if (text_.empty()) {
      return true;
    }
    return range_ ? range_->overlaps(mapping.real) || range_->overlaps(mapping.mapped)
                  : mapping.name == text_;
  }

 private:
  const std::string& text_;
  std::optional<Ipv4Prefix> range_;
};

/// Turns TSC values of the last days into times.
class TscTimes {
 public:
  [[nodiscard]] std::uint64_t unix_ms(std::uint64_t tsc) const {
    if (tsc == 0) {
      return 0;
    }
    const std::uint64_t age = now_tsc_ > tsc ? now_tsc_ - tsc : 0;
    return now_ms_ - static_cast<std::uint64_t>(static_cast<double>(age) * 1000.0 /
                                                static_cast<double>(rte_get_tsc_hz()));
  }

 private:
  std::uint64_t now_tsc_ = rte_rdtsc();
  std::uint64_t now_ms_ = unix_milliseconds(std::chrono::system_clock::now());
};

/// The rows of one version of the table, and how far they were made into text.
class MappingRows {
 public:
  MappingRows(const AppliancePart& appliance, const std::string& filter)
      : config_(appliance.config),
        table_(appliance.live_table.counted([&](const LoadedTable& loaded) -> const auto& {
          const MappingFilter wanted(filter);
          const auto& all = loaded.table->mappings;
          for (std::uint32_t i = 0; i < all.size(); ++i) {
            if (wanted.admits(all[i])) {
              indices_.push_back(i);
            }
          }
          std::ranges::stable_sort(indices_, {}, [&all](std::uint32_t i) { return all[i].line; });
          return indices_;
        })) {}

  /// The report with an empty list, cut before the list's end; then the rows; then the rest.
  [[nodiscard]] std::string next() {
    static constexpr std::string_view kEnd = "]}";
    std::string piece;
    if (!begun_) {
      begun_ = true;
      piece = to_line(MappingsReport{.version = table_.loaded->version(), .mappings = {}});
      piece.resize(piece.size() - kEnd.size());
    }
    const std::size_t end = std::min(done_ + kRowsOfAPiece, indices_.size());
    for (; done_ < end; ++done_) {
      piece += done_ == 0 ? "" : ",";
      piece += row(done_);
    }
    if (done_ == indices_.size() && !ended_) {
      ended_ = true;
      piece += kEnd;
    }
    return piece;
  }

 private:
  [[nodiscard]] std::string row(std::size_t index) const {
    const Mapping& mapping = table_.loaded->table->mappings[indices_[index]];
    const MappingTotals& totals = table_.totals[index];
    return to_line(MappingReport{.name = mapping.name,
                                 .realm = config_.ports[mapping.realm].realm,
                                 .real = to_string(mapping.real),
                                 .mapped = to_string(mapping.mapped),
                                 .line = mapping.line,
                                 .from_packets = totals.from.packets,
                                 .from_bytes = totals.from.bytes,
                                 .from_last_ms = times_.unix_ms(totals.from.last_tsc),
                                 .to_packets = totals.to.packets,
                                 .to_bytes = totals.to.bytes,
                                 .to_last_ms = times_.unix_ms(totals.to.last_tsc)});
  }

  const Config& config_;
  std::vector<std::uint32_t> indices_;
  LiveTable::Counted table_;
  TscTimes times_;
  std::size_t done_ = 0;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace

Pieces mappings_pieces(const AppliancePart& appliance, const MappingsRequest& request) {
  return [rows = std::make_shared<MappingRows>(appliance, request.filter)] { return rows->next(); };
}

}  // namespace natto::api
