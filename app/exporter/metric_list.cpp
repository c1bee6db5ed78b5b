#include "exporter/metric_list.hpp"

#include <fmt/format.h>

#include <iterator>

#include "packet/counter_list.hpp"

namespace natto {
namespace {

std::string row(const Metric& metric) {
  return fmt::format("| `{}` | {} | {} | {} |\n", metric.name, name_of(metric.type), metric.labels,
                     metric.meaning);
}

}  // namespace

std::string_view name_of(MetricType type) {
  switch (type) {
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kCounter:
      return "counter";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "";
}

std::string counter_metric_name(std::string_view member, std::string_view unit) {
  return fmt::format("natto_{}_{}_total", member, unit);
}

std::string counter_metric_meaning(std::string_view unit, std::string_view meaning) {
  return fmt::format("{}: {}", unit, meaning);
}

std::string metrics_markdown() {
  std::string text = "| series | type | labels | meaning |\n| --- | --- | --- | --- |\n";
  for (const CounterInfo& counter : kCounters) {
    text += row({.name = counter_metric_name(counter.member, counter.unit),
                 .type = MetricType::kCounter,
                 .labels = "",
                 .meaning = counter_metric_meaning(counter.unit, counter.meaning)});
  }
#define X(enumerator, ...) text += row(metric::enumerator);
  NATTO_METRICS(X)
#undef X
  return text;
}

}  // namespace natto
