#include "api/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api/fields.hpp"
#include "api/json_fields.hpp"

namespace natto::api {
namespace {

constexpr std::array kErrorKinds = {
    std::pair{ErrorKind::kUsage, "usage"}, std::pair{ErrorKind::kInput, "input"},
    std::pair{ErrorKind::kSystem, "system"}, std::pair{ErrorKind::kDenied, "denied"}};
constexpr const char* kRequestKey = "request";

Error usage_error(std::string message) { return {ErrorKind::kUsage, std::move(message)}; }

template <typename One>
Result<Request> read_request(const Json& json) {
  One request;
  FieldsReader reader(true);
  reader.read(json, request);
  if (!reader.wrong().empty()) {
    return usage_error(reader.wrong());
  }
  for (const auto& [key, value] : json.items()) {
    if (key != kRequestKey && std::ranges::find(reader.keys(), key) == reader.keys().end()) {
      return usage_error(fmt::format("the request {} knows no {}", One::kName, key));
    }
  }
  return Request(request);
}

/// The request that is called `name`, of those from `index` on.
template <std::size_t index = 0>
Result<Request> read_named(const Json& json, const std::string& name) {
  if constexpr (index < std::variant_size_v<Request>) {
    using One = std::variant_alternative_t<index, Request>;
    return name == One::kName ? read_request<One>(json) : read_named<index + 1>(json, name);
  } else {
    return usage_error(fmt::format("there is no request {}: doc/api.md lists them", name));
  }
}

}  // namespace

template <typename Report>
std::string to_line(const Report& report) {
  return json_line(report);
}

std::string to_line(const Request& request) {
  return std::visit(
      []<typename One>(const One& one) {
        Json members;
        put(members, one);
        Json json = {{kRequestKey, One::kName}};
        json.update(members);
        return json.dump(-1, ' ', false, Json::error_handler_t::replace);
      },
      request);
}

ErrorReport to_report(const Error& error) {
  const auto* found =
      std::ranges::find(kErrorKinds, error.kind, [](auto& kind) { return kind.first; });
  return {
      {.kind = found != kErrorKinds.end() ? found->second : "system", .message = error.message}};
}

Error to_error(const ErrorReport& report) {
  const auto* found = std::ranges::find(kErrorKinds, report.error.kind,
                                        [](auto& kind) { return std::string_view(kind.second); });
  return {found != kErrorKinds.end() ? found->first : ErrorKind::kSystem, report.error.message};
}

Result<Request> parse_request(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains(kRequestKey) || !json[kRequestKey].is_string()) {
    return usage_error(
        R"(a request is a JSON object in one line, as {"request":"table"}: doc/api.md)");
  }
  return read_named(json, json[kRequestKey].get<std::string>());
}

template <typename Report>
Result<Reply<Report>> parse_reply(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  const auto read = [&json]<typename Message>(Message message) -> Result<Reply<Report>> {
    FieldsReader reader(false);
    reader.read(json, message);
    return reader.wrong().empty()
               ? Result<Reply<Report>>(Reply<Report>(std::move(message)))
               : system_error(fmt::format("natto's report is not understood ({}): is it another "
                                          "version?",
                                          reader.wrong()));
  };
  if (json.is_object() && json.contains("error")) {
    return read(ErrorReport());
  }
  if (json.is_object() && json.contains("progress")) {
    return read(ProgressReport());
  }
  return read(Report());
}

template std::string to_line(const MappingReport&);
template std::string to_line(const MappingsReport&);
template std::string to_line(const ProgressReport&);
template std::string to_line(const ErrorReport&);

// Those that a request is answered with.
template std::string to_line(const TableReport&);
template Result<Reply<TableReport>> parse_reply(std::string_view);
template Result<Reply<MappingsReport>> parse_reply(std::string_view);
template std::string to_line(const BusiestReport&);
template Result<Reply<BusiestReport>> parse_reply(std::string_view);
template std::string to_line(const CountersReport&);
template Result<Reply<CountersReport>> parse_reply(std::string_view);
template std::string to_line(const DropsReport&);
template Result<Reply<DropsReport>> parse_reply(std::string_view);
template std::string to_line(const RulesReport&);
template Result<Reply<RulesReport>> parse_reply(std::string_view);
template std::string to_line(const LimitsReport&);
template Result<Reply<LimitsReport>> parse_reply(std::string_view);
template std::string to_line(const PortsReport&);
template Result<Reply<PortsReport>> parse_reply(std::string_view);
template std::string to_line(const PortReport&);
template Result<Reply<PortReport>> parse_reply(std::string_view);
template std::string to_line(const DevicesReport&);
template Result<Reply<DevicesReport>> parse_reply(std::string_view);
template std::string to_line(const ProcessReport&);
template Result<Reply<ProcessReport>> parse_reply(std::string_view);
template std::string to_line(const WorkersReport&);
template Result<Reply<WorkersReport>> parse_reply(std::string_view);
template std::string to_line(const HealthReport&);
template Result<Reply<HealthReport>> parse_reply(std::string_view);
template std::string to_line(const RoleReport&);
template Result<Reply<RoleReport>> parse_reply(std::string_view);
template std::string to_line(const ReloadReport&);
template Result<Reply<ReloadReport>> parse_reply(std::string_view);
template std::string to_line(const ExplainReport&);
template Result<Reply<ExplainReport>> parse_reply(std::string_view);
template std::string to_line(const CapturedReport&);
template std::string to_line(const CaptureReport&);
template Result<Reply<CaptureReport>> parse_reply(std::string_view);

}  // namespace natto::api
