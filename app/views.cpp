#include "views.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>

#include "lines.hpp"

namespace natto {
namespace {

/// What has happened to a port since start, if anything has.
std::string troubles(const api::PortReport& port) {
  std::string text;
  const auto add = [&](const char* what, std::uint64_t times) {
    if (times != 0) {
      text += fmt::format("; {}: {}", what, times);
    }
  };
  add("resets", port.resets);
  add("failed resets", port.failed_resets);
  if (!port.reset_cause.empty()) {
    text += fmt::format(" (because {})", port.reset_cause);
  }
  add("recovered by its driver", port.recoveries);
  add("link lost", port.link_losses);
  return text;
}

std::string next_hop(const api::PortReport& port) {
  if (port.next_hop.empty()) {
    return "none ";
  }
  if (port.next_hop_mac.empty()) {
    return fmt::format("{} (ARP has no answer yet)", port.next_hop);
  }
  return fmt::format("{} {}{}", port.next_hop, port.next_hop_mac,
                     port.next_hop_silent ? " (no longer answers ARP)" : "");
}

void add_port(Lines& lines, std::size_t index, const api::PortReport& port) {
  lines.add("port {}: {}, {} ({})", index, port.realm, port.device, port.driver);
  lines.add("  {} since {}{}", port.state, local_time(port.state_since_ms), troubles(port));
  lines.add("  link {}{}, MAC {}, address {}, mtu {}", port.link,
            port.speed_mbps != 0 ? fmt::format(" {} Mbit/s", port.speed_mbps) : "", port.mac,
            port.address, port.mtu);
  lines.add("  next hop {}", next_hop(port));
  lines.add("  {} queue(s) with {} receive and {} transmit descriptors; RSS {}", port.queues,
            port.rx_descriptors, port.tx_descriptors, port.rss);
  const std::string& reason = port.no_checksum_offload_because;
  lines.add("  checksum offload {}{}", port.checksum_offload, reason.empty() ? "" : ": " + reason);
  lines.add("  received {:>14} {:>10}/s", port.rx_packets, port.rx_per_second);
  lines.add("  sent     {:>14} {:>10}/s", port.tx_packets, port.tx_per_second);
  if (!port.kernel_interface.empty()) {
    lines.add("  kernel interface {}: {} packets to it, {} from it, {} from it refused",
              port.kernel_interface, port.kernel_given, port.kernel_taken, port.kernel_refused);
  }
  for (const api::DeviceCounterReport& counter : port.counters) {
    lines.add("  {:<32} {:>12}  +{} in the last minute", counter.name, counter.value,
              counter.last_minute);
    lines.add("      {}", counter.meaning);
    lines.add("      -> {}", counter.advice);
  }
}

/// "10.1.1.10:5000", or without the port.
std::string side(const std::string& address, bool has_ports, std::uint64_t port) {
  return has_ports ? fmt::format("{}:{}", address, port) : address;
}

std::string sample_view(const api::DropSampleReport& sample) {
  const bool has_ports = sample.source_port != 0 || sample.destination_port != 0;
  const std::string packet =
      sample.protocol.empty()
          ? fmt::format("ethertype {:#06x}", sample.ethertype)
          : fmt::format("{} > {}, {}", side(sample.source, has_ports, sample.source_port),
                        side(sample.destination, has_ports, sample.destination_port),
                        sample.protocol);
  return fmt::format("{}.{:03} {} {}: {}, {} bytes", local_time(sample.at_ms), sample.at_ms % 1000,
                     sample.way == "in" ? "from" : "to", sample.realm, packet, sample.length);
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

std::string local_time(std::uint64_t unix_ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                     fmt::localtime(static_cast<std::time_t>(unix_ms / 1000)));
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

std::string mappings_view(const std::vector<api::MappingReport>& rows, std::uint64_t now_ms,
                          bool exact) {
  Lines lines;
  lines.add("{:>9} {:>9} {:>6}   {:>9} {:>9} {:>6}   {:<20} {:<12} {:<18}    {}", "pkts from",
            "bytes", "last", "pkts to", "bytes", "last", "name", "realm", "real", "mapped");
  for (const api::MappingReport& row : rows) {
    lines.add("{:>9} {:>9} {:>6}   {:>9} {:>9} {:>6}   {:<20} {:<12} {:<18} -> {}",
              short_number(row.from_packets, exact), short_number(row.from_bytes, exact),
              age(row.from_last_ms, now_ms), short_number(row.to_packets, exact),
              short_number(row.to_bytes, exact), age(row.to_last_ms, now_ms), row.name, row.realm,
              row.real, row.mapped);
  }
  return lines.take();
}

std::string drops_view(const api::DropsReport& report) {
  Lines lines;
  const auto add = [&lines](const std::string& name, const auto& entry) {
    lines.add("{:<32} {:>12} {:>9}/s", name, entry.packets, entry.per_second);
    lines.add("    {}", entry.meaning);
    lines.add("    -> {}", entry.advice);
  };
  if (report.drops.empty()) {
    lines.add("nothing was dropped");
  }
  for (const api::DropReport& drop : report.drops) {
    add(drop.reason, drop);
    for (const api::DropSampleReport& sample : drop.samples) {
      lines.add("    {}", sample_view(sample));
    }
  }
  if (!report.hints.empty()) {
    lines.add("not dropped, but:");
  }
  for (const api::HintReport& hint : report.hints) {
    add(hint.counter, hint);
  }
  return lines.take();
}

std::string ports_view(const api::PortsReport& report) {
  Lines lines;
  for (std::size_t i = 0; i < report.ports.size(); ++i) {
    add_port(lines, i, report.ports[i]);
  }
  return lines.take();
}

std::string workers_view(const api::WorkersReport& report) {
  Lines lines;
  lines.add("{:<8} {:>6} {:>7} {:>14} {:>12} {:>12} {:>14}", "worker", "lcore", "busy", "received",
            "pkts/poll", "cycles/pkt", "longest gap");
  for (std::size_t i = 0; i < report.workers.size(); ++i) {
    const api::WorkerReport& worker = report.workers[i];
    lines.add("{:<8} {:>6} {:>6.1f}% {:>14} {:>12.1f} {:>12.0f} {:>11.1f} us{}", i, worker.lcore,
              100 * ratio(worker.busy_cycles, worker.cycles), worker.received,
              ratio(worker.received, worker.busy_polls), ratio(worker.busy_cycles, worker.received),
              1e6 * ratio(worker.longest_gap_cycles, report.tsc_hz),
              worker.stalled ? "  STALLED: no poll for a second" : "");
  }
  return lines.take();
}

std::string table_view(const api::TableReport& table) {
  Lines lines;
  lines.add("version      {}", table.version);
  lines.add("digest       {}", table.digest);
  if (table.serial != 0) {
    lines.add("serial       {}", table.serial);
  }
  if (!table.signed_by.empty()) {
    lines.add("signed by    {}", fmt::join(table.signed_by, ", "));
  }
  lines.add("mappings     {}: {} hosts, {} prefixes; {} addresses", table.mappings, table.hosts,
            table.prefixes, table.addresses);
  lines.add("memory       {} KiB", table.memory_bytes / 1024);
  lines.add("file         {}", table.file);
  if (table.file_state == "refused") {
    const std::string first = first_line(table.file_error);
    const std::string advice = advice_below(table.file_error);
    const std::string told = advice.empty() ? first : first + "\n  " + advice;
    lines.add("file: refused since {}: {}{}", local_time(table.file_refused_ms), told,
              told == table.file_error ? "" : " (more errors: natto check)");
  } else if (table.file_state == "differs") {
    lines.add("file: differs from the table in force; natto reload takes it");
  }
  if (table.read_from != table.file) {
    lines.add("read from    {}", table.read_from);
  }
  lines.add("loaded       {} ({}{}{})", local_time(table.loaded_ms), table.trigger,
            table.who.empty() ? "" : " by ", table.who);
  lines.add("reloads      {}, {} refused; rollback {}", table.reloads, table.refused_reloads,
            table.rollback_possible ? "possible" : "not possible");
  return lines.take();
}

std::string role_view(const api::RoleReport& report) {
  Lines lines;
  lines.add("role         {} since {}{}{}", report.role, local_time(report.since_ms),
            report.who.empty() ? "" : " by ", report.who);
  if (report.announcing) {
    lines.add("announcing   {} more gratuitous ARP requests", report.to_announce);
  }
  lines.add("table        version {}, digest {}", report.version, report.digest);
  if (!report.peer.empty() || report.peer_told_ms != 0) {
    lines.add("peer         {}: {}", report.peer.empty() ? "not named" : report.peer,
              report.peer_told_ms == 0
                  ? "its table is not known"
                  : fmt::format("{} table at {}", report.peer_differs ? "another" : "the same",
                                local_time(report.peer_told_ms)));
  }
  return lines.take();
}

std::string reload_view(const api::ReloadReport& report, bool dry_run) {
  const auto counts = fmt::format("{} mappings: {} added, {} removed, {} changed", report.mappings,
                                  report.added, report.removed, report.changed);
  Lines lines;
  if (dry_run) {
    lines.add("a reload would give {}", counts);
  } else {
    lines.add("version {}, {}", report.version, counts);
  }
  if (report.policy_changes != 0) {
    lines.add("policy: {} changed", report.policy_changes);
  }
  lines.add("digest {} -> {}", report.digest_before, report.digest_after);
  if (!dry_run && report.digest_before == report.digest_after) {
    lines.add("no change: version {} stays", report.version);
  } else if (!dry_run) {
    lines.add("parse {} us, build {} us, grace period {} us", report.parse_us, report.build_us,
              report.grace_us);
  }
  if (report.grace_pending) {
    lines.add("a worker still uses the old table: see natto show workers");
  }
  for (const std::string& key : report.config_changed) {
    lines.add("natto.toml: {} differs from what natto runs with; a restart applies it", key);
  }
  return report.text + lines.take();
}

std::string rules_view(const api::RulesReport& report) {
  Lines lines;
  lines.add("what no rule allows: {}", report.otherwise != "deny"      ? "allowed"
                                       : report.answer == "prohibited" ? "refused, and answered"
                                                                       : "refused");
  if (!report.rules.empty()) {
    lines.add("{:>10} {:>9}   {:>9} {:>9}   {:>9}   {:<20} {}", "pkts there", "bytes", "pkts back",
              "bytes", "refused", "name", "allows");
  }
  for (const api::RuleReport& rule : report.rules) {
    lines.add("{:>10} {:>9}   {:>9} {:>9}   {:>9}   {:<20} {}",
              short_number(rule.there_packets, false), short_number(rule.there_bytes, false),
              short_number(rule.back_packets, false), short_number(rule.back_bytes, false),
              short_number(rule.refused_openings, false), rule.name, rule.allows);
  }
  return lines.take();
}

std::string limits_view(const api::LimitsReport& report) {
  Lines lines;
  if (report.limits.empty()) {
    lines.add("there are no limits");
    return lines.take();
  }
  lines.add("{:>11} {:>9}   {:>9} {:>9}   {:<20} {}", "pkts passed", "bytes", "pkts over", "bytes",
            "name", "limits");
  for (const api::LimitReport& limit : report.limits) {
    lines.add("{:>11} {:>9}   {:>9} {:>9}   {:<20} {}", short_number(limit.passed_packets, false),
              short_number(limit.passed_bytes, false), short_number(limit.over_packets, false),
              short_number(limit.over_bytes, false), limit.name, limit.limits);
  }
  return lines.take();
}

std::string explain_view(const api::ExplainReport& report) {
  Lines lines;
  for (const std::string& step : report.steps) {
    lines.add("{}", step);
  }
  return lines.take();
}

}  // namespace natto
