#include "exporter/exporter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <utility>

#include "clock.hpp"
#include "exporter/page.hpp"
#include "exporter/series.hpp"

namespace natto {
namespace {

constexpr std::string_view kJson = "application/json";

}  // namespace

Exporter::Exporter(RunningNatto natto, MappingChoice mappings)
    : natto_(std::move(natto)),
      mappings_(std::move(mappings)),
      historian_([this](const std::stop_token& stop) { keep_history(stop); }) {}

HttpResponse Exporter::answer(const HttpRequest& request) {
  if (request.path == "/metrics") {
    return metrics(request);
  }
  if (request.path == "/") {
    return {.content_type = "text/html; charset=utf-8", .body = std::string(kPage)};
  }
  if (request.path == "/page.json") {
    return now();
  }
  if (request.path == "/mappings.json") {
    return mappings(request.find);
  }
  return {.status = 404, .body = "there is / and /metrics\n"};
}

HttpResponse Exporter::metrics(const HttpRequest& request) {
  const double begin = steady_seconds();
  const ExpositionFormat format = format_for(request.accept);
  Result<api::Client> client = natto_.connect();
  const Result<Snapshot> natto =
      client ? take_snapshot(*client, mappings_) : Result<Snapshot>(client.error());
  note(natto ? "" : natto.error().message);
  return {
      .content_type = content_type(format),
      .body = natto ? series_of(*natto, steady_seconds() - begin, format) : series_of_none(format)};
}

HttpResponse Exporter::now() {
  Result<api::Client> client = natto_.connect();
  const Result<Snapshot> natto =
      client ? take_page_snapshot(*client) : Result<Snapshot>(client.error());
  const std::lock_guard lock(mutex_);
  return {.content_type = kJson, .body = page_json(natto, history_)};
}

HttpResponse Exporter::mappings(const std::string& text) const {
  const auto found = [&]() -> Result<std::string> {
    Result<api::Client> natto = natto_.connect();
    if (!natto) {
      return natto.error();
    }
    const api::MappingsRequest request = request_for(text);
    auto received = natto->request(request);
    if (!received) {
      return received.error();
    }
    std::vector<api::MappingReport>& rows = received->report.mappings;
    std::uint64_t more = 0;
    if (request.limit != 0 && rows.size() == request.limit) {
      const auto table = natto->request(api::TableRequest());
      if (!table) {
        return table.error();
      }
      more = table->report.mappings - std::min<std::uint64_t>(table->report.mappings, rows.size());
    }
    return mappings_json(std::move(rows), text, more);
  }();
  return {.content_type = kJson, .body = found ? *found : mappings_json(found.error())};
}

void Exporter::note(const std::string& obstacle) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(obstacle_, obstacle) != obstacle) {
    fmt::print(stderr, "natto-exporter: {}\n", obstacle.empty() ? "natto answers again" : obstacle);
  }
}

void Exporter::keep_history(const std::stop_token& stop) {
  std::condition_variable_any next;
  std::unique_lock lock(mutex_);
  do {
    lock.unlock();
    Result<api::Client> natto = natto_.connect();
    Result<HistorySample> sample =
        natto ? take_history_sample(*natto) : Result<HistorySample>(natto.error());
    lock.lock();
    history_.add(now_ms(), sample ? std::optional(*std::move(sample)) : std::nullopt);
  } while (!next.wait_for(lock, stop, std::chrono::milliseconds(History::kPeriodMs),
                          [&stop] { return stop.stop_requested(); }));
}

}  // namespace natto
