#include "views.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <map>
#include <vector>

#include "packet/drop_reasons.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

/// Text that grows line by line.
class Lines {
 public:
  template <typename... Values>
  Lines& add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    text_ += '\n';
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string text_of(const Json& object, const char* name) { return object.at(name); }
std::uint64_t number_of(const Json& object, const char* name) { return object.at(name); }

double ratio(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b);
}

std::uint64_t both(const Json& row, const char* from, const char* to) {
  return number_of(row, from) + number_of(row, to);
}

std::string local_time(std::uint64_t unix_ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                     fmt::localtime(static_cast<std::time_t>(unix_ms / 1000)));
}

/// What has happened to a port since start, if anything has.
std::string troubles(const Json& port) {
  std::string text;
  const auto add = [&](const char* what, const char* counter) {
    if (const std::uint64_t times = number_of(port, counter); times != 0) {
      text += fmt::format("; {}: {}", what, times);
    }
  };
  add("resets", "resets");
  add("failed resets", "failed_resets");
  if (const std::string cause = text_of(port, "reset_cause"); !cause.empty()) {
    text += fmt::format(" (because {})", cause);
  }
  add("recovered by its driver", "recoveries");
  add("link lost", "link_losses");
  return text;
}

constexpr std::size_t kBusiest = 10;

/// What `name` gained per second.
std::uint64_t rate(const Json& before, const Json& now, const char* name, double seconds) {
  const std::uint64_t then =
      before.is_object() && before.contains(name) ? number_of(before, name) : 0;
  const std::uint64_t gained = number_of(now, name) >= then ? number_of(now, name) - then : 0;
  return static_cast<std::uint64_t>(static_cast<double>(gained) / seconds + 0.5);
}

Json member(const Json& object, const std::string& name) {
  return object.contains(name) ? object.at(name) : Json::object();
}

Json busiest_mappings(const Json& before, const Json& now, double seconds) {
  std::map<std::string, const Json*> earlier;
  for (const Json& row : before) {
    earlier[text_of(row, "name")] = &row;
  }
  std::vector<std::pair<std::uint64_t, Json>> rates;
  for (const Json& row : now) {
    const auto found = earlier.find(text_of(row, "name"));
    const Json then = found != earlier.end() ? *found->second : Json::object();
    Json of{{"name", row.at("name")}};
    std::uint64_t packets = 0;
    for (const char* name : {"from_packets", "from_bytes", "to_packets", "to_bytes"}) {
      of[name] = rate(then, row, name, seconds);
    }
    packets = both(of, "from_packets", "to_packets");
    if (packets > 0) {
      rates.emplace_back(packets, std::move(of));
    }
  }
  const std::size_t count = std::min(kBusiest, rates.size());
  std::partial_sort(rates.begin(), rates.begin() + static_cast<long>(count), rates.end(),
                    [](const auto& a, const auto& b) { return a.first > b.first; });
  Json busiest = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    busiest.push_back(std::move(rates[i].second));
  }
  return busiest;
}

}  // namespace

std::string short_number(std::uint64_t number, bool exact) {
  if (exact || number < 100'000) {
    return std::to_string(number);
  }
  for (const char unit : {'K', 'M', 'G'}) {
    number = (number + 500) / 1000;
    if (number < 10'000) {
      return fmt::format("{}{}", number, unit);
    }
  }
  return fmt::format("{}T", (number + 500) / 1000);
}

std::string age(std::uint64_t then_ms, std::uint64_t now_ms) {
  if (then_ms == 0) {
    return "never";
  }
  const std::uint64_t seconds = now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0;
  if (seconds < 60) {
    return fmt::format("{}s", seconds);
  }
  if (seconds < 3600) {
    return fmt::format("{}m", seconds / 60);
  }
  return seconds < 86'400 ? fmt::format("{}h", seconds / 3600)
                          : fmt::format("{}d", seconds / 86'400);
}

std::string mappings_view(const Json& rows, std::uint64_t now_ms, bool exact) {
  Lines lines;
  lines.add("{:>9} {:>9} {:>6}   {:>9} {:>9} {:>6}   {:<20} {:<12} {:<18}    {}", "pkts from",
            "bytes", "last", "pkts to", "bytes", "last", "name", "realm", "real", "mapped");
  for (const Json& row : rows) {
    lines.add("{:>9} {:>9} {:>6}   {:>9} {:>9} {:>6}   {:<20} {:<12} {:<18} -> {}",
              short_number(number_of(row, "from_packets"), exact),
              short_number(number_of(row, "from_bytes"), exact),
              age(number_of(row, "from_last_ms"), now_ms),
              short_number(number_of(row, "to_packets"), exact),
              short_number(number_of(row, "to_bytes"), exact),
              age(number_of(row, "to_last_ms"), now_ms), text_of(row, "name"),
              text_of(row, "realm"), text_of(row, "real"), text_of(row, "mapped"));
  }
  return lines.take();
}

std::string drops_view(const Json& drops) {
  Lines lines;
  if (drops.empty()) {
    return "nothing was dropped\n";
  }
  for (const auto& [name, drop] : drops.items()) {
    lines.add("{:<32} {:>12} {:>9}/s", name, number_of(drop, "packets"),
              number_of(drop, "per_second"));
    lines.add("    {}", text_of(drop, "meaning"));
    lines.add("    -> {}", text_of(drop, "advice"));
  }
  return lines.take();
}

std::string ports_view(const Json& ports) {
  Lines lines;
  std::size_t index = 0;
  for (const Json& port : ports) {
    const std::uint64_t speed = number_of(port, "speed_mbps");
    lines.add("port {}: {}, {} ({})", index++, text_of(port, "realm"), text_of(port, "device"),
              text_of(port, "driver"));
    lines.add("  {} since {}{}", text_of(port, "state"),
              local_time(number_of(port, "state_since_ms")), troubles(port));
    lines.add("  link {}{}, MAC {}, address {}, mtu {}", text_of(port, "link"),
              speed != 0 ? fmt::format(" {} Mbit/s", speed) : "", text_of(port, "mac"),
              text_of(port, "address"), number_of(port, "mtu"));
    const std::string next_hop = text_of(port, "next_hop");
    const std::string mac = text_of(port, "next_hop_mac");
    lines.add("  next hop {} {}", next_hop.empty() ? "none" : next_hop,
              next_hop.empty() ? "" : (mac.empty() ? "(ARP has no answer yet)" : mac));
    lines.add("  {} queue(s) with {} receive and {} transmit descriptors; RSS {}",
              number_of(port, "queues"), number_of(port, "rx_descriptors"),
              number_of(port, "tx_descriptors"), text_of(port, "rss"));
    const std::string reason = text_of(port, "no_checksum_offload_because");
    lines.add("  checksum offload {}{}", text_of(port, "checksum_offload"),
              reason.empty() ? "" : ": " + reason);
    lines.add("  received {:>14} {:>10}/s", number_of(port, "rx_packets"),
              number_of(port, "rx_per_second"));
    lines.add("  sent     {:>14} {:>10}/s", number_of(port, "tx_packets"),
              number_of(port, "tx_per_second"));
    if (const std::string kernel = text_of(port, "kernel_interface"); !kernel.empty()) {
      lines.add("  kernel interface {}: {} packets to it, {} from it, {} from it refused", kernel,
                number_of(port, "kernel_given"), number_of(port, "kernel_taken"),
                number_of(port, "kernel_refused"));
    }
    for (const auto& [name, counter] : port.at("counters").items()) {
      lines.add("  {:<32} {:>12}  +{} in the last minute", name, number_of(counter, "value"),
                number_of(counter, "last_minute"));
      lines.add("      {}", text_of(counter, "meaning"));
      lines.add("      -> {}", text_of(counter, "advice"));
    }
  }
  return lines.take();
}

std::string workers_view(const Json& workers) {
  const std::uint64_t hz = number_of(workers, "tsc_hz");
  Lines lines;
  lines.add("{:<8} {:>6} {:>7} {:>14} {:>12} {:>12} {:>14}", "worker", "lcore", "busy", "received",
            "pkts/poll", "cycles/pkt", "longest gap");
  for (const auto& [index, worker] : workers.at("workers").items()) {
    const std::uint64_t received = number_of(worker, "received");
    lines.add("{:<8} {:>6} {:>6.1f}% {:>14} {:>12.1f} {:>12.0f} {:>11.1f} us{}", index,
              number_of(worker, "lcore"),
              100 * ratio(number_of(worker, "busy_cycles"), number_of(worker, "cycles")), received,
              ratio(received, number_of(worker, "busy_polls")),
              ratio(number_of(worker, "busy_cycles"), received),
              1e6 * ratio(number_of(worker, "longest_gap_cycles"), hz),
              number_of(worker, "stalled") != 0 ? "  STALLED: no poll for a second" : "");
  }
  return lines.take();
}

std::string table_view(const Json& table) {
  const std::string who = text_of(table, "who");
  Lines lines;
  lines.add("generation   {}", number_of(table, "generation"));
  lines.add("digest       {}", text_of(table, "digest"));
  lines.add("mappings     {}: {} hosts, {} prefixes; {} addresses", number_of(table, "mappings"),
            number_of(table, "hosts"), number_of(table, "prefixes"), number_of(table, "addresses"));
  lines.add("memory       {} KiB", number_of(table, "memory_bytes") / 1024);
  lines.add("file         {}", text_of(table, "file"));
  lines.add("loaded       {} ({}{}{})", local_time(number_of(table, "loaded_ms")),
            text_of(table, "trigger"), who.empty() ? "" : " by ", who);
  lines.add("reloads      {}, {} refused; rollback {}", number_of(table, "reloads"),
            number_of(table, "refused_reloads"),
            number_of(table, "rollback_possible") != 0 ? "possible" : "not possible");
  return lines.take();
}

std::string outcome_view(const Json& outcome, std::string_view text, bool dry_run) {
  std::string view(text);
  const auto counts = fmt::format("{} added, {} removed, {} changed", number_of(outcome, "added"),
                                  number_of(outcome, "removed"), number_of(outcome, "changed"));
  if (dry_run) {
    return view + fmt::format("a reload would give {} mappings: {}\ndigest {} -> {}\n",
                              number_of(outcome, "mappings"), counts,
                              text_of(outcome, "digest_before"), text_of(outcome, "digest_after"));
  }
  view += fmt::format("generation {}, {} mappings: {}\ndigest {} -> {}\n",
                      number_of(outcome, "generation"), number_of(outcome, "mappings"), counts,
                      text_of(outcome, "digest_before"), text_of(outcome, "digest_after"));
  view +=
      fmt::format("parse {} us, build {} us, grace period {} us\n", number_of(outcome, "parse_us"),
                  number_of(outcome, "build_us"), number_of(outcome, "grace_us"));
  if (number_of(outcome, "grace_pending") != 0) {
    view += "a worker still uses the old table: see natto show workers\n";
  }
  return view;
}

Json mapping_rows(const Json& page) {
  Json rows = Json::array();
  const std::size_t count = page.at("name").size();
  for (std::size_t i = 0; i < count; ++i) {
    Json row = Json::object();
    for (const auto& [name, list] : page.items()) {
      if (list.is_array()) {
        row[name] = list.at(i);
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void sort_mappings(Json& rows, std::string_view by) {
  const auto descending = [&rows](const char* from, const char* to) {
    std::stable_sort(rows.begin(), rows.end(), [&](const Json& a, const Json& b) {
      return both(a, from, to) > both(b, from, to);
    });
  };
  if (by == "packets") {
    descending("from_packets", "to_packets");
  } else if (by == "bytes") {
    descending("from_bytes", "to_bytes");
  } else if (by == "last") {
    const auto last = [](const Json& row) {
      return std::max(number_of(row, "from_last_ms"), number_of(row, "to_last_ms"));
    };
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const Json& a, const Json& b) { return last(a) > last(b); });
  } else if (by == "name") {
    std::stable_sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) {
      return text_of(a, "name") < text_of(b, "name");
    });
  }
}

Json explain_drops(const Json& drops) {
  std::vector<std::pair<std::string, Json>> sorted;
  for (const auto& [name, drop] : drops.items()) {
    sorted.emplace_back(name, drop);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return number_of(a.second, "packets") > number_of(b.second, "packets");
  });
  Json explained = Json::object();
  for (auto& [name, drop] : sorted) {
    const auto* reason = std::ranges::find(kDropReasons, name, &DropReasonInfo::name);
    const bool known = reason != kDropReasons.end();
    drop["meaning"] = known ? reason->meaning : "a reason that this version does not know";
    drop["advice"] = known ? reason->advice : "use the natto that runs";
    explained[name] = std::move(drop);
  }
  return explained;
}

Json top_rates(const TopSample& before, const TopSample& now) {
  const double seconds = std::max(now.seconds - before.seconds, 1e-3);
  Json rates = Json::object();
  for (const char* name : {"received", "translated", "dropped"}) {
    rates[name] = rate(before.counters, now.counters, name, seconds);
  }
  rates["ports"] = Json::array();
  for (const auto& [index, port] : now.ports.items()) {
    const Json then = member(before.ports, index);
    rates["ports"].push_back({{"realm", port.at("realm")},
                              {"link", port.at("link")},
                              {"received", rate(then, port, "rx_packets", seconds)},
                              {"sent", rate(then, port, "tx_packets", seconds)}});
  }
  rates["workers"] = Json::array();
  for (const auto& [index, worker] : now.workers.at("workers").items()) {
    const Json then = member(before.workers.at("workers"), index);
    const std::uint64_t busy = rate(then, worker, "busy_cycles", seconds);
    const std::uint64_t received = rate(then, worker, "received", seconds);
    rates["workers"].push_back(
        {{"lcore", worker.at("lcore")},
         {"received", received},
         {"busy_percent", 100 * ratio(busy, rate(then, worker, "cycles", seconds))},
         {"cycles_per_packet", ratio(busy, received)}});
  }
  rates["drops"] = Json::object();
  for (const auto& [name, drop] : now.drops.items()) {
    if (const auto per_second = rate(member(before.drops, name), drop, "packets", seconds);
        per_second > 0) {
      rates["drops"][name] = per_second;
    }
  }
  rates["mappings"] = busiest_mappings(before.mappings, now.mappings, seconds);
  return rates;
}

std::string top_view(const Json& rates) {
  const auto units = [](const Json& object, const char* name) {
    return short_number(number_of(object, name), false);
  };
  Lines lines;
  lines.add("per second: {} received, {} translated, {} dropped", units(rates, "received"),
            units(rates, "translated"), units(rates, "dropped"));
  lines.add("");
  lines.add("{:<20} {:>5} {:>10} {:>10}", "port", "link", "received", "sent");
  for (const Json& port : rates.at("ports")) {
    lines.add("{:<20} {:>5} {:>10} {:>10}", text_of(port, "realm"), text_of(port, "link"),
              units(port, "received"), units(port, "sent"));
  }
  lines.add("");
  lines.add("{:<20} {:>5} {:>10} {:>10}", "worker on lcore", "busy", "received", "cycles/pkt");
  for (const Json& worker : rates.at("workers")) {
    lines.add("{:<20} {:>4.0f}% {:>10} {:>10.0f}", number_of(worker, "lcore"),
              worker.at("busy_percent").get<double>(), units(worker, "received"),
              worker.at("cycles_per_packet").get<double>());
  }
  if (!rates.at("drops").empty()) {
    lines.add("");
    lines.add("{:<37} {:>10}", "dropped", "packets");
    for (const auto& [name, packets] : rates.at("drops").items()) {
      lines.add("{:<37} {:>10}", name, short_number(packets, false));
    }
  }
  lines.add("");
  lines.add("{:<26} {:>10} {:>10} {:>10} {:>10}", "busiest mappings", "pkts from", "bytes",
            "pkts to", "bytes");
  for (const Json& row : rates.at("mappings")) {
    lines.add("{:<26} {:>10} {:>10} {:>10} {:>10}", text_of(row, "name"),
              units(row, "from_packets"), units(row, "from_bytes"), units(row, "to_packets"),
              units(row, "to_bytes"));
  }
  return lines.take();
}

}  // namespace natto
