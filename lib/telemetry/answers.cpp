#include "telemetry/answers.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_telemetry.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "explain/explain.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

/// Of an answer's 16 KiB, what a page of mappings or of text may take.
constexpr std::size_t kMappingPageBytes = 14'000;
constexpr std::size_t kTextPageBytes = 2'000;

/// "a,b,c" -> "a", and "b,c" stays in `text`.
std::string_view take_field(std::string_view& text) {
  const std::size_t comma = text.find(',');
  const std::string_view field = text.substr(0, comma);
  text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  return field;
}

std::optional<std::uint64_t> parse_index(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

std::uint64_t unix_milliseconds(std::chrono::system_clock::time_point time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

/// When the TSC, which is about `now_tsc` now, was `tsc`.
std::uint64_t tsc_to_unix_milliseconds(std::uint64_t tsc, std::uint64_t now_tsc) {
  if (tsc == 0) {
    return 0;
  }
  const std::uint64_t age = now_tsc > tsc ? now_tsc - tsc : 0;
  const auto milliseconds = static_cast<std::uint64_t>(static_cast<double>(age) * 1000.0 /
                                                       static_cast<double>(rte_get_tsc_hz()));
  return unix_milliseconds(std::chrono::system_clock::now()) - milliseconds;
}

CounterSums sum_counters(const Dataplane& dataplane) {
  CounterSums sums;
  for (const Counters& counters : dataplane.counters) {
    sums += counters;
  }
  return sums;
}

Json table(const AppliancePart& appliance) {
  const auto version = appliance.live_table.current();
  std::uint64_t hosts = 0;
  std::uint64_t addresses = 0;
  for (const Mapping& mapping : version->table->mappings) {
    hosts += mapping.real.length == 32 ? 1 : 0;
    addresses += std::uint64_t{1} << (32U - mapping.real.length);
  }
  const std::uint64_t mappings = version->table->mappings.size();
  return {{"generation", version->number},
          {"digest", version->digest},
          {"mappings", mappings},
          {"hosts", hosts},
          {"prefixes", mappings - hosts},
          {"addresses", addresses},
          {"memory_bytes", version->generation->memory_bytes()},
          {"file", appliance.config.table_file.string()},
          {"loaded_ms", unix_milliseconds(version->loaded)},
          {"trigger", version->trigger},
          {"who", version->who},
          {"rollback_possible", appliance.reloader.rollback_possible() ? 1U : 0U},
          {"reloads", appliance.reloader.reloads()},
          {"refused_reloads", appliance.reloader.refusals()}};
}

/// What `natto show mappings` may be limited to.
class MappingFilter {
 public:
  explicit MappingFilter(std::string_view text) : text_(text), range_(parse_ipv4_prefix(text)) {}

  [[nodiscard]] bool admits(const Mapping& mapping) const {
    if (text_.empty()) {
      return true;
    }
    return range_ ? range_->overlaps(mapping.real) || range_->overlaps(mapping.mapped)
                  : mapping.name == text_;
  }

 private:
  std::string_view text_;
  std::optional<Ipv4Prefix> range_;
};

/// Lists of a page of mappings, all of one length.
class MappingPage {
 public:
  MappingPage(const Config& config, std::uint64_t now_tsc) : config_(config), now_tsc_(now_tsc) {}

  void add(const Mapping& mapping, const MappingTotals& totals) {
    put("name", mapping.name);
    put("realm", config_.ports[mapping.realm].realm);
    put("real", to_string(mapping.real));
    put("mapped", to_string(mapping.mapped));
    put("line", std::uint64_t{mapping.line});
    put("from_packets", totals.from.packets);
    put("from_bytes", totals.from.bytes);
    put("from_last_ms", tsc_to_unix_milliseconds(totals.from.last_tsc, now_tsc_));
    put("to_packets", totals.to.packets);
    put("to_bytes", totals.to.bytes);
    put("to_last_ms", tsc_to_unix_milliseconds(totals.to.last_tsc, now_tsc_));
  }

  void add_to(Json& answer) const { answer.update(lists_); }

  /// More than any row takes: names of 64 bytes, realms of 32, prefixes of 18, and numbers.
  static constexpr std::size_t kMaxRowBytes = 64 + 32 + 2 * 18 + 10 + 6 * 20 + 11 * 3;

 private:
  void put(const char* list, Json value) { lists_[list].push_back(std::move(value)); }

  const Config& config_;
  std::uint64_t now_tsc_;
  Json lists_ = {{"name", Json::array()},       {"realm", Json::array()},
                 {"real", Json::array()},       {"mapped", Json::array()},
                 {"line", Json::array()},       {"from_packets", Json::array()},
                 {"from_bytes", Json::array()}, {"from_last_ms", Json::array()},
                 {"to_packets", Json::array()}, {"to_bytes", Json::array()},
                 {"to_last_ms", Json::array()}};
};

Json mappings(const AppliancePart& appliance, std::string_view parameters) {
  const auto first = parse_index(take_field(parameters));
  if (!first) {
    return nullptr;
  }
  constexpr std::size_t kMaxRows = kMappingPageBytes / MappingPage::kMaxRowBytes;
  const MappingFilter filter(parameters);
  std::vector<std::uint32_t> wanted;
  std::uint64_t next = *first;
  const LiveTable::Snapshot snapshot =
      appliance.live_table.snapshot([&](const TableVersion& version) {
        const auto& all = version.table->mappings;
        for (; next < all.size() && wanted.size() < kMaxRows; ++next) {
          if (filter.admits(all[next])) {
            wanted.push_back(static_cast<std::uint32_t>(next));
          }
        }
        return wanted;
      });

  const auto& all = snapshot.version->table->mappings;
  MappingPage page(appliance.config, rte_rdtsc());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    page.add(all[wanted[i]], snapshot.totals[i]);
  }
  Json answer = {{"generation", snapshot.version->number},
                 {"next", next},
                 {"end", next >= all.size() ? 1U : 0U}};
  page.add_to(answer);
  return answer;
}

Json counters(const AppliancePart& appliance) {
  const CounterSums sums = sum_counters(appliance.dataplane);
  const CounterSums rates = appliance.rates.per_second();
  return {{"received", sums.received},
          {"translated", sums.translated},
          {"consumed", sums.consumed},
          {"generated", sums.generated},
          {"fragmented", sums.fragmented},
          {"fragments", sums.fragments},
          {"checksums_offloaded", sums.checksums_offloaded},
          {"quoted_checksum_bad", sums.quoted_checksum_bad},
          {"dropped", sums.dropped()},
          {"received_per_second", rates.received},
          {"translated_per_second", rates.translated},
          {"dropped_per_second", rates.dropped()}};
}

Json drops(const AppliancePart& appliance) {
  const CounterSums sums = sum_counters(appliance.dataplane);
  const CounterSums rates = appliance.rates.per_second();
  Json answer = Json::object();
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (sums.drops[i] > 0) {
      answer[std::string(kDropReasons[i].name)] = {{"packets", sums.drops[i]},
                                                   {"per_second", rates.drops[i]}};
    }
  }
  return answer;
}

std::string_view name_of(PortState state) {
  switch (state) {
    case PortState::kUp:
      return "up";
    case PortState::kLinkDown:
      return "link down";
    case PortState::kRecovering:
      return "recovering";
    case PortState::kResetting:
      return "resetting";
  }
  return "";
}

std::string_view name_of(ResetCause cause) {
  switch (cause) {
    case ResetCause::kNone:
      return "";
    case ResetCause::kDriverAsked:
      return "the driver asked for it";
    case ResetCause::kRecoveryFailed:
      return "the driver could not recover the port";
  }
  return "";
}

Json port_summary(const PortConfig& config, const Port& device, const PortStatus& status,
                  const NextHops& next_hops, const CounterSums::Port& packets,
                  const CounterSums::Port& rates, const CounterSums::Kernel& kernel) {
  const EthernetAddresses* next_hop = config.gateway || config.gateway_mac
                                          ? next_hops.find(config.gateway.value_or(Ipv4Address{}))
                                          : nullptr;
  const PortPlan& plan = device.plan();
  return {{"realm", config.realm},
          {"device", device.device()},
          {"ethdev", std::uint64_t{device.id()}},
          {"driver", plan.driver},
          {"mac", to_string(device.mac())},
          {"address", to_string(config.address)},
          {"mtu", std::uint64_t{plan.mtu}},
          {"state", name_of(status.state)},
          {"state_since_ms", unix_milliseconds(status.since)},
          {"link", status.link.up ? "up" : "down"},
          {"speed_mbps", std::uint64_t{status.link.speed_mbps}},
          {"queues", std::uint64_t{plan.queues}},
          {"checksum_offload", plan.checksum_offload ? "on" : "off"},
          {"next_hop",
           config.gateway_mac ? "static" : (config.gateway ? to_string(*config.gateway) : "")},
          {"next_hop_mac", next_hop != nullptr ? to_string(next_hop->destination) : ""},
          {"rx_packets", packets.received},
          {"tx_packets", packets.transmitted},
          {"rx_per_second", rates.received},
          {"tx_per_second", rates.transmitted},
          {"kernel_interface", config.kernel_interface.value_or("")},
          {"kernel_given", kernel.given},
          {"kernel_taken", kernel.taken},
          {"kernel_refused", kernel.refused}};
}

Json ports(const AppliancePart& appliance) {
  const CounterSums sums = sum_counters(appliance.dataplane);
  const CounterSums rates = appliance.rates.per_second();
  const auto next_hops = appliance.dataplane.next_hops.hold();
  Json answer = Json::object();
  for (std::size_t i = 0; i < appliance.config.ports.size(); ++i) {
    answer[std::to_string(i)] = port_summary(appliance.config.ports[i], appliance.ports[i],
                                             appliance.supervisors[i]->status(), (*next_hops)[i],
                                             sums.ports[i], rates.ports[i], sums.kernel[i]);
  }
  return answer;
}

Json port(const AppliancePart& appliance, std::string_view parameters) {
  const auto index = parse_index(parameters);
  if (!index || *index >= appliance.ports.size()) {
    return nullptr;
  }
  const PortPlan& plan = appliance.ports[*index].plan();
  Json counters = Json::object();
  for (const WatchedValue& counter : appliance.monitor.counters(*index)) {
    counters[counter.name] = {{"value", counter.value},
                              {"last_minute", counter.last_minute},
                              {"meaning", counter.watched->meaning},
                              {"advice", counter.watched->advice}};
  }
  const PortStatus status = appliance.supervisors[*index]->status();
  return {{"link_losses", status.link_losses},
          {"resets", status.resets},
          {"failed_resets", status.failed_resets},
          {"recoveries", status.recoveries},
          {"reset_cause", name_of(status.reset_cause)},
          {"rx_descriptors", std::uint64_t{plan.rx_descriptors}},
          {"tx_descriptors", std::uint64_t{plan.tx_descriptors}},
          {"rss", rss_names(plan.rss_hf)},
          {"no_checksum_offload_because", plan.no_checksum_offload_because},
          {"rx_offloads", offload_names(plan.rx_offloads, rte_eth_dev_rx_offload_name)},
          {"tx_offloads", offload_names(plan.tx_offloads, rte_eth_dev_tx_offload_name)},
          {"counters", std::move(counters)}};
}

Json workers(const AppliancePart& appliance) {
  Json list = Json::object();
  const std::uint64_t now = rte_rdtsc();
  const std::uint64_t hz = rte_get_tsc_hz();
  for (std::size_t i = 0; i < appliance.dataplane.activity.size(); ++i) {
    const WorkerActivity& activity = appliance.dataplane.activity[i];
    const std::uint64_t last = activity.last_tsc.value();
    list[std::to_string(i)] = {{"lcore", std::uint64_t{appliance.config.dpdk.lcores[i]}},
                               {"received", appliance.dataplane.counters[i].received.value()},
                               {"polls", activity.polls.value()},
                               {"busy_polls", activity.busy_polls.value()},
                               {"cycles", activity.cycles.value()},
                               {"busy_cycles", activity.busy_cycles.value()},
                               {"longest_gap_cycles", activity.longest_poll_cycles.value()},
                               {"stalled", now > last + hz ? 1U : 0U}};
  }
  return {{"tsc_hz", hz}, {"workers", list}};
}

std::uint64_t exit_code(const ReloadOutcome& outcome) {
  if (!outcome.refused) {
    return 0;
  }
  return *outcome.refused == ErrorKind::kInput ? 1 : 3;
}

Json reload(const AppliancePart& appliance, ReloadKind kind, const char* trigger,
            std::string_view who) {
  const auto outcome = appliance.reloader.ask({kind, trigger, std::string(who)});
  if (!outcome) {
    return nullptr;
  }
  const auto count = [](auto microseconds) {
    return static_cast<std::uint64_t>(microseconds.count());
  };
  return {{"ok", outcome->refused ? 0U : 1U},
          {"exit_code", exit_code(*outcome)},
          {"id", outcome->id},
          {"generation", outcome->generation},
          {"mappings", std::uint64_t{outcome->mappings}},
          {"added", std::uint64_t{outcome->added}},
          {"removed", std::uint64_t{outcome->removed}},
          {"changed", std::uint64_t{outcome->changed}},
          {"digest_before", outcome->digest_before},
          {"digest_after", outcome->digest_after},
          {"parse_us", count(outcome->parse)},
          {"build_us", count(outcome->build)},
          {"grace_us", count(outcome->grace)},
          {"grace_pending", outcome->grace_pending ? 1U : 0U},
          {"text_bytes", std::uint64_t{outcome->text.size()}}};
}

Json text(const AppliancePart& appliance, std::string_view parameters) {
  const auto id = parse_index(take_field(parameters));
  const auto offset = parse_index(parameters);
  const auto page =
      id && offset ? appliance.reloader.text(*id, *offset, kTextPageBytes) : std::nullopt;
  return page ? Json(*page) : Json(nullptr);
}

Json explain_packet(const AppliancePart& appliance, std::string_view parameters) {
  const Result<ExplainQuery> query = parse_explain_query(parameters);
  if (!query) {
    return nullptr;
  }
  const auto version = appliance.live_table.current();
  const Result<Explanation> explanation = explain(appliance.config, *version->table, *query);
  if (!explanation) {
    return {{"error", explanation.error().message}};
  }
  const Verdict verdict = explanation->verdict;
  return {{"generation", version->number},
          {"sent", verdict.is_forward() ? 1U : 0U},
          {"reason", verdict.is_drop() ? std::string(info(verdict.reason()).name) : ""},
          {"steps", explanation->steps}};
}

}  // namespace

std::vector<TelemetryCommand> appliance_commands(const AppliancePart& a) {
  const auto plain = [&a](Json (*answer)(const AppliancePart&)) {
    return [a, answer](std::string_view) { return answer(a); };
  };
  const auto with_parameters = [&a](Json (*answer)(const AppliancePart&, std::string_view)) {
    return [a, answer](std::string_view parameters) { return answer(a, parameters); };
  };
  const auto reloading = [&a](ReloadKind kind, const char* trigger) {
    return [a, kind, trigger](std::string_view who) { return reload(a, kind, trigger, who); };
  };
  return {
      {"/natto/table", "The running mapping table", plain(table)},
      {"/natto/mappings", "Mappings with counters. Parameters: FIRST[,NAME|ADDRESS|PREFIX]",
       with_parameters(mappings)},
      {"/natto/counters", "What happened to all packets", plain(counters)},
      {"/natto/drops", "Dropped packets by reason", plain(drops)},
      {"/natto/ports", "The ports", plain(ports)},
      {"/natto/port", "How a port is set up, and what is lost at its device. Parameter: PORT",
       with_parameters(port)},
      {"/natto/workers", "The workers", plain(workers)},
      {"/natto/reload", "Loads the table file now. Parameter: who asks",
       reloading(ReloadKind::kReload, "natto reload")},
      {"/natto/dry_run", "What a reload would change. Parameter: who asks",
       reloading(ReloadKind::kDryRun, "natto reload --dry-run")},
      {"/natto/rollback", "Brings the previous table back. Parameter: who asks",
       reloading(ReloadKind::kRollback, "natto rollback")},
      {"/natto/text", "Text of a reload's outcome. Parameters: ID,OFFSET", with_parameters(text)},
      {"/natto/explain",
       "A packet's fate. Parameters: realm,source,destination,protocol,length,ttl,df",
       with_parameters(explain_packet)},
  };
}

}  // namespace natto
