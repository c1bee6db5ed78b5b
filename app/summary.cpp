#include "summary.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace natto {

std::string summary_text(const CounterSums& sums, const std::vector<PortConfig>& ports) {
  std::string text;
  const auto add = [&](auto format, auto&&... values) {
    fmt::format_to(std::back_inserter(text), fmt::runtime(format), values...);
  };
  for (std::size_t i = 0; i < ports.size(); ++i) {
    add("port {}: realm {}\n", i, ports[i].realm);
    add("  RX-packets: {:<14} TX-packets: {}\n", sums.ports[i].received, sums.ports[i].transmitted);
  }
  add("all ports\n");
  add("  received    {:>14}\n", sums.received);
  add("  translated  {:>14}\n", sums.translated);
  add("  consumed    {:>14}   for natto itself: ARP, echo requests, what the kernel got\n",
      sums.consumed);
  add("  dropped     {:>14}\n", sums.dropped());
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (sums.drops[i] > 0) {
      add("    {:<28} {:>12}   {}\n", kDropReasons[i].name, sums.drops[i], kDropReasons[i].meaning);
      add("    {:<28} {:>12}   -> {}\n", "", "", kDropReasons[i].advice);
    }
  }
  add("  generated   {:>14}   made by natto (ARP, echo replies, ICMP errors) or by the kernel\n",
      sums.generated);
  if (sums.fragmented > 0) {
    add("  fragmented  {:>14}   of the translated, sent as {} fragments\n", sums.fragmented,
        sums.fragments);
  }
  if (sums.quoted_checksum_bad > 0) {
    add("  {} ICMP errors quoted a header with a wrong checksum\n", sums.quoted_checksum_bad);
  }
  return text;
}

std::string summary_json(const CounterSums& sums, const std::vector<PortConfig>& ports) {
  nlohmann::ordered_json json = {{"received", sums.received},
                                 {"translated", sums.translated},
                                 {"consumed", sums.consumed},
                                 {"generated", sums.generated},
                                 {"fragmented", sums.fragmented},
                                 {"fragments", sums.fragments},
                                 {"quoted_checksum_bad", sums.quoted_checksum_bad},
                                 {"dropped", sums.dropped()},
                                 {"drops", nlohmann::ordered_json::object()},
                                 {"ports", nlohmann::ordered_json::object()}};
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (sums.drops[i] > 0) {
      json["drops"][kDropReasons[i].name] = sums.drops[i];
    }
  }
  for (std::size_t i = 0; i < ports.size(); ++i) {
    json["ports"][ports[i].realm] = {{"received", sums.ports[i].received},
                                     {"transmitted", sums.ports[i].transmitted}};
  }
  return json.dump() + "\n";
}

}  // namespace natto
