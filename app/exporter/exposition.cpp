#include "exporter/exposition.hpp"

#include <iterator>
#include <utility>

namespace natto {
namespace {

constexpr std::string_view kTotal = "_total";

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '\\':
        text += "\\\\";
        break;
      case '"':
        text += "\\\"";
        break;
      case '\n':
        text += "\\n";
        break;
      default:
        text += c;
    }
  }
}

}  // namespace

void Exposition::begin(const Metric& metric) {
  name_ = metric.name;
  // OpenMetrics calls a counter by its name without the suffix.
  std::string_view family = metric.name;
  if (format_ == ExpositionFormat::kOpenMetrics && metric.type == MetricType::kCounter) {
    family.remove_suffix(kTotal.size());
  }
  header_ = fmt::format("# HELP {} ", family);
  append_escaped(header_, metric.meaning);
  header_ += fmt::format("\n# TYPE {} {}\n", family, name_of(metric.type));
}

void Exposition::add_histogram(std::initializer_list<Label> labels, std::span<const Bucket> buckets,
                               std::uint64_t sum) {
  std::uint64_t count = 0;
  for (const Bucket& bucket : buckets) {
    count += bucket.count;
    const std::string largest = fmt::format("{}.0", bucket.largest);
    const Label upper{"le", largest};
    add_line("_bucket", labels, count, &upper);
  }
  const Label infinite{"le", "+Inf"};
  add_line("_bucket", labels, count, &infinite);
  add_line("_sum", labels, sum);
  add_line("_count", labels, count);
}

void Exposition::add_labels(std::initializer_list<Label> labels, const Label* more) {
  char separator = '{';
  const auto add = [&](const Label& label) {
    text_ += std::exchange(separator, ',');
    text_.append(label.name).append("=\"");
    append_escaped(text_, label.value);
    text_ += '"';
  };
  for (const Label& label : labels) {
    add(label);
  }
  if (more != nullptr) {
    add(*more);
  }
  if (separator == ',') {
    text_ += '}';
  }
}

std::string Exposition::take() {
  if (format_ == ExpositionFormat::kOpenMetrics) {
    text_ += "# EOF\n";
  }
  return std::move(text_);
}

ExpositionFormat format_for(std::string_view accept) {
  return accept.find("application/openmetrics-text") != std::string_view::npos
             ? ExpositionFormat::kOpenMetrics
             : ExpositionFormat::kText;
}

std::string_view content_type(ExpositionFormat format) {
  return format == ExpositionFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace natto
