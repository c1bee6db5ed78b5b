#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "inspect/applications.hpp"
#include "inspect/findings.hpp"
#include "packet/protocol_names.hpp"

namespace natto {
namespace {

using Key = AddressFindings::Key;

std::string with_port(const Key& key) {
  const std::string protocol = protocol_name(key.protocol);
  return key.port == 0 ? protocol : fmt::format("{} {}", protocol, key.port);
}

std::string whose(const Key& key, const AddressFinding& finding, const Border& border) {
  return finding.mapping == key.sent_by
             ? "its real address"
             : fmt::format("the real address of {}", border.mapping(finding.mapping).name);
}

std::uint64_t unread(const InspectReport& report) {
  std::uint64_t sum = 0;
  for (const std::uint64_t packets : report.sealed) {
    sum += packets;
  }
  return sum;
}

std::string unread_text(const InspectReport& report) {
  std::string kinds;
  for (std::size_t i = 0; i < kSealedKinds; ++i) {
    if (report.sealed[i] != 0) {
      kinds += fmt::format("{}{} of {}", kinds.empty() ? "" : ", ", report.sealed[i],
                           name_of(static_cast<Sealed>(i)));
    }
  }
  return kinds.empty() ? "" : fmt::format("; nobody can look into {}", kinds);
}

}  // namespace

std::string inspect_text(const InspectReport& report, const AddressFindings& findings,
                         const Border& border) {
  std::string text;
  const auto out = std::back_inserter(text);
  const auto all = findings.sorted();
  for (const auto& [key, finding] : all) {
    const std::string real = to_string(key.address);
    const std::string mapped = to_string(finding.should_be);
    const std::string& reader = border.mapping(key.read_by).name;
    const std::string packets =
        finding.packets == 1 ? "" : fmt::format(", {} packets", finding.packets);
    fmt::format_to(out, "{}: frame {}{}, {} ({}): {} tells {} {}, {}; {} knows it as {}\n",
                   printable(report.captures[key.capture]), finding.frame, packets, with_port(key),
                   finding.field, border.mapping(key.sent_by).name, reader, real,
                   whose(key, finding, border), reader, mapped);
    fmt::format_to(out, "    -> {}\n", advice_of(finding.application, real, mapped));
  }
  fmt::format_to(out, "{}: {} of {} packets lie between two mappings{}\n",
                 all.empty() ? "nothing found" : fmt::format("found {}", all.size()),
                 report.between_mappings, report.packets, unread_text(report));
  for (const std::string& warning : report.warnings) {
    fmt::format_to(out, "{}\n", printable(warning));
  }
  return text;
}

std::string inspect_json(const InspectReport& report, const AddressFindings& findings,
                         const Border& border) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const auto& [key, finding] : findings.sorted()) {
    const std::string real = to_string(key.address);
    const std::string mapped = to_string(finding.should_be);
    const auto application = finding.application;
    list.push_back({
        {"capture", report.captures[key.capture]},
        {"frame", finding.frame},
        {"packets", finding.packets},
        {"protocol", protocol_name(key.protocol)},
        {"port", key.port == 0 ? Json() : Json(key.port)},
        {"application", application ? Json(applications()[*application].name) : Json()},
        {"field", finding.field},
        {"address", real},
        {"mapping", border.mapping(finding.mapping).name},
        {"sent_by", border.mapping(key.sent_by).name},
        {"read_by", border.mapping(key.read_by).name},
        {"should_be", mapped},
        {"advice", advice_of(application, real, mapped)},
    });
  }
  const Json json = {{"packets", report.packets},     {"between_mappings", report.between_mappings},
                     {"findings", std::move(list)},   {"unread", unread(report)},
                     {"cut_short", report.cut_short}, {"fields_searched", report.fields_searched},
                     {"warnings", report.warnings}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace natto
