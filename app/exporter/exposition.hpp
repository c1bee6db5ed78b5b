#pragma once

// The text that Prometheus reads: OpenMetrics 1.0 where it is asked for, else the older text format
// 0.0.4, which curl and promtool get.

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "exporter/metric_list.hpp"

namespace natto {

enum class ExpositionFormat : std::uint8_t { kText, kOpenMetrics };

struct Label {
  std::string_view name;
  std::string_view value;
};

/// Metrics one after the other, each with all of its samples.
class Exposition {
 public:
  explicit Exposition(ExpositionFormat format) : format_(format) {}

  /// The samples that follow are of `metric`; without any it does not appear.
  void begin(const Metric& metric);
  template <typename Number>
  void add(std::initializer_list<Label> labels, Number value) {
    add_line("", labels, value);
  }
  /// Of a histogram: `buckets` have their largest value each, and are not cumulative.
  struct Bucket {
    std::uint64_t largest;
    std::uint64_t count;
  };
  void add_histogram(std::initializer_list<Label> labels, std::span<const Bucket> buckets,
                     std::uint64_t sum);

  /// The whole text.
  [[nodiscard]] std::string take();

 private:
  template <typename Number>
  void add_line(std::string_view suffix, std::initializer_list<Label> labels, Number value,
                const Label* more = nullptr) {
    text_.append(std::exchange(header_, {})).append(name_).append(suffix);
    add_labels(labels, more);
    fmt::format_to(std::back_inserter(text_), " {}\n", value);
  }
  void add_labels(std::initializer_list<Label> labels, const Label* more);

  ExpositionFormat format_;
  std::string name_;    ///< of the metric
  std::string header_;  ///< its HELP and TYPE, before its first sample
  std::string text_;
};

/// What an HTTP client that accepts `accept` gets, and the Content-Type of it.
[[nodiscard]] ExpositionFormat format_for(std::string_view accept);
[[nodiscard]] std::string_view content_type(ExpositionFormat format);

}  // namespace natto
