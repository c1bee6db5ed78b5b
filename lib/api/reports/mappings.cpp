#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "api/reports/reports.hpp"
#include "api/reports/tsc_times.hpp"

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

std::uint64_t last_tsc_of(const MappingTotals& of) {
  return std::max(of.from.last_tsc, of.to.last_tsc);
}

/// The rows of one version of the table, and how far they were made into text.
class MappingRows {
 public:
  MappingRows(const AppliancePart& appliance, const MappingsRequest& request)
      : config_(appliance.config),
        table_(appliance.live_table.counted([&](const LoadedTable& loaded) -> const auto& {
          const MappingFilter wanted(request.filter);
          const auto& all = loaded.table->mappings;
          for (std::uint32_t i = 0; i < all.size(); ++i) {
            if (wanted.admits(all[i])) {
              indices_.push_back(i);
            }
          }
          std::ranges::stable_sort(indices_, {}, [&all](std::uint32_t i) { return all[i].line; });
          return indices_;
        })) {
    order_.resize(indices_.size());
    std::iota(order_.begin(), order_.end(), 0U);
    wanted_ = request.limit == 0 ? order_.size() : std::min(request.limit, order_.size());
    if (request.sort == "name") {
      sort_by([this](std::uint32_t row) { return std::string_view(mapping(row).name); });
    } else if (request.sort == "packets") {
      sort_by_largest(&MappingTotals::packets);
    } else if (request.sort == "bytes") {
      sort_by_largest(&MappingTotals::bytes);
    } else if (request.sort == "last") {
      sort_by_largest(last_tsc_of);
    }
  }

  /// The report with an empty list, cut before the list's end; then the rows; then the rest.
  [[nodiscard]] std::string next() {
    static constexpr std::string_view kEnd = "]}";
    std::string piece;
    if (!begun_) {
      begun_ = true;
      piece = to_line(MappingsReport{.version = table_.loaded->version(), .mappings = {}});
      piece.resize(piece.size() - kEnd.size());
    }
    const std::size_t end = std::min(done_ + kRowsOfAPiece, wanted_);
    for (; done_ < end; ++done_) {
      piece += done_ == 0 ? "" : ",";
      piece += text_of(order_[done_]);
    }
    if (done_ == wanted_ && !ended_) {
      ended_ = true;
      piece += kEnd;
    }
    return piece;
  }

 private:
  [[nodiscard]] const Mapping& mapping(std::uint32_t row) const {
    return table_.loaded->table->mappings[indices_[row]];
  }

  /// The wanted rows come first, the smallest key before the others; of equal ones as in the file.
  template <typename Key>
  void sort_by(Key key) {
    std::ranges::partial_sort(order_, order_.begin() + static_cast<std::ptrdiff_t>(wanted_),
                              std::less(),
                              [&key](std::uint32_t row) { return std::pair(key(row), row); });
  }
  template <typename NumberOf>
  void sort_by_largest(NumberOf number_of) {
    sort_by([&](std::uint32_t row) { return ~std::invoke(number_of, table_.totals[row]); });
  }

  [[nodiscard]] std::string text_of(std::uint32_t row) const {
    const Mapping& mapping = this->mapping(row);
    const MappingTotals& totals = table_.totals[row];
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
  std::vector<std::uint32_t> indices_;  ///< by row: the mapping of the table
  LiveTable::Counted<MappingTotals> table_;
  std::vector<std::uint32_t> order_;  ///< rows; the first `wanted_` are reported
  std::size_t wanted_ = 0;
  TscTimes times_;
  std::size_t done_ = 0;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace

Result<Pieces> mappings_pieces(const AppliancePart& appliance, const MappingsRequest& request) {
  if (std::ranges::find(kMappingOrders, request.sort) == kMappingOrders.end()) {
    return Error{ErrorKind::kUsage, fmt::format("mappings are not sorted by {}, but by {}",
                                                request.sort, fmt::join(kMappingOrders, ", "))};
  }
  return Pieces(
      [rows = std::make_shared<MappingRows>(appliance, request)] { return rows->next(); });
}

}  // namespace natto::api
