#include "summary.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string summary_text(const CounterSums& sums, const std::vector<PortConfig>& ports) {
  std::string text;
  const auto add = [&](auto format, auto&&... values) {
    fmt::format_to(std::back_inserter(text), fmt::runtime(format), values...);
  };
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const CounterSums::Kernel& kernel = sums.kernel[i];
    add("port {}: realm {}\n", i, ports[i].realm);
    add("  RX-packets: {:<14} TX-packets: {}\n", sums.ports[i].received, sums.ports[i].transmitted);
    if (ports[i].kernel_interface) {
      add("  kernel interface {}: {} packets to it, {} from it, {} from it refused\n",
          *ports[i].kernel_interface, kernel.given, kernel.taken, kernel.refused);
    }
  }
  add("all ports\n");
  for_each_counter(
      [&](const CounterInfo& counter, std::uint64_t n) {
        add("  {:<19} {:>14}   {}\n", counter.name, n, counter.meaning);
      },
      sums);
  add("  {:<19} {:>14}   not sent, by reason\n", "dropped", sums.dropped());
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (sums.drops[i] > 0) {
      add("    {:<28} {:>12}   {}\n", kDropReasons[i].name, sums.drops[i], kDropReasons[i].meaning);
      add("    {:<28} {:>12}   -> {}\n", "", "", kDropReasons[i].advice);
    }
  }
  return text;
}

std::string summary_json(const CounterSums& sums, const std::vector<PortConfig>& ports) {
  Json json = Json::object();
  for_each_counter(
      [&](const CounterInfo& counter, std::uint64_t n) { json[std::string(counter.name)] = n; },
      sums);
  json["dropped"] = sums.dropped();
  json["drops"] = Json::object();
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (sums.drops[i] > 0) {
      json["drops"][std::string(kDropReasons[i].name)] = sums.drops[i];
    }
  }
  json["ports"] = Json::object();
  for (std::size_t i = 0; i < ports.size(); ++i) {
    Json& port = json["ports"][ports[i].realm] = Json::object();
    for_each_port_counter(
        [&](const CounterInfo& counter, std::uint64_t n) { port[std::string(counter.member)] = n; },
        sums.ports[i]);
    if (ports[i].kernel_interface) {
      for_each_kernel_counter(
          [&](const CounterInfo& counter, std::uint64_t n) { port[std::string(counter.name)] = n; },
          sums.kernel[i]);
    }
  }
  return json.dump() + "\n";
}

}  // namespace natto
