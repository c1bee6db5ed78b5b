#pragma once

// The series that natto-exporter serves, beside one for each counter of packet/counter_list.hpp:
// the one list from which their names, HELP lines and doc/metrics.md are made. Names are stable.
//
// To add one: add a line here, write it in series.cpp, and run scripts/docs.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace natto {

enum class MetricType : std::uint8_t { kGauge, kCounter, kHistogram };

/// As it stands behind # TYPE.
[[nodiscard]] std::string_view name_of(MetricType type);

struct Metric {
  std::string_view name;  ///< of a counter with its "_total"
  MetricType type;
  std::string_view labels;  ///< their names, as a list for a person
  std::string_view meaning;
};

// X(enumerator, name, type, labels, meaning)
// clang-format off
#define NATTO_METRICS(X)                                                                           \
  X(kUp, "natto_up", kGauge, "",                                                                   \
    "1 if natto answered; 0 if it does not run, does not answer, or may not be asked")             \
  X(kScrapeSeconds, "natto_exporter_scrape_seconds", kGauge, "",                                   \
    "time that natto's answers took")                                                              \
  X(kBuildInfo, "natto_build_info", kGauge, "version, dpdk", "1; what runs is in the labels")      \
  X(kProcessStart, "natto_process_start_time_seconds", kGauge, "",                                 \
    "when natto opened its socket, as Unix time")                                                  \
  X(kProcessCpu, "natto_process_cpu_seconds_total", kCounter, "",                                  \
    "CPU time of all of natto's threads; a worker takes all of its core")                          \
  X(kProcessMemory, "natto_process_resident_memory_bytes", kGauge, "",                             \
    "natto's memory without hugepages")                                                            \
  X(kApiRequests, "natto_api_requests_total", kCounter, "", "requests to natto's socket")          \
  X(kHealthFindings, "natto_health_findings", kGauge, "check",                                     \
    "what natto health finds wrong, by check; all 0: healthy")                                     \
  X(kRoleActive, "natto_role_active", kGauge, "",                                                  \
    "1 if natto is active, 0 if it is standby: natto activate, natto standby")                     \
  X(kPeerDiffers, "natto_peer_table_differs", kGauge, "",                                          \
    "1 if the peer's table was another than the one in force, when they were compared last")       \
  X(kTableInfo, "natto_table_info", kGauge, "digest, file",                                        \
    "1; digest of the table in force, as natto check prints it")                                   \
  X(kTableVersion, "natto_table_version", kGauge, "",                                              \
    "number of the table in force: 1 at start, one more with each that replaces it")               \
  X(kTableMappings, "natto_table_mappings", kGauge, "", "mappings of the table in force")          \
  X(kTableAddresses, "natto_table_addresses", kGauge, "", "addresses that they map")               \
  X(kTableMemory, "natto_table_memory_bytes", kGauge, "", "memory of the table in force")          \
  X(kTableLoaded, "natto_table_loaded_timestamp_seconds", kGauge, "",                              \
    "when the table in force was loaded, as Unix time")                                            \
  X(kTableRefused, "natto_table_file_refused", kGauge, "",                                         \
    "1 if the table's file was refused when it was read last")                                     \
  X(kTableDiffers, "natto_table_file_differs", kGauge, "",                                         \
    "1 if the table's file says something else than the table in force, as after a rollback")      \
  X(kReloads, "natto_reloads_total", kCounter, "",                                                 \
    "reloads and rollbacks, those that found no change too")                                       \
  X(kReloadsRefused, "natto_reloads_refused_total", kCounter, "",                                  \
    "reloads that were refused and changed nothing")                                               \
  X(kLastReload, "natto_last_reload_timestamp_seconds", kGauge, "",                                \
    "when the last reload or rollback ended, as Unix time; not there before the first")            \
  X(kLastReloadSuccessful, "natto_last_reload_successful", kGauge, "",                             \
    "0 if it was refused; not there before the first")                                             \
  X(kLastReloadSeconds, "natto_last_reload_duration_seconds", kGauge, "",                          \
    "how long it took, until no worker used the old table; not there before the first")            \
  X(kDropped, "natto_dropped_packets_total", kCounter, "reason",                                   \
    "dropped packets, by the reasons of drop-reasons.md")                                          \
  X(kPortInfo, "natto_port_info", kGauge, "realm, device, driver, mac, address",                   \
    "1; what the port is")                                                                         \
  X(kPortUp, "natto_port_up", kGauge, "realm", "1 if the port is in use: its state is up")         \
  X(kPortLinkUp, "natto_port_link_up", kGauge, "realm", "1 if its link is up")                     \
  X(kPortMtu, "natto_port_mtu_bytes", kGauge, "realm", "its MTU")                                  \
  X(kPortNextHopResolved, "natto_port_next_hop_resolved", kGauge, "realm, next_hop",               \
    "1 if the gateway's MAC address is known; not there without a gateway")                        \
  X(kPortNextHopSilent, "natto_port_next_hop_silent", kGauge, "realm, next_hop",                   \
    "1 if the gateway does not answer ARP, or no longer; not there without a gateway")             \
  X(kPortNeighbours, "natto_port_neighbours", kGauge, "realm",                                     \
    "hosts on the link whose MAC addresses ARP has found")                                         \
  X(kPortLinkLosses, "natto_port_link_losses_total", kCounter, "realm",                            \
    "how often the link went down")                                                                \
  X(kPortResets, "natto_port_resets_total", kCounter, "realm", "resets of the device")             \
  X(kPortFailedResets, "natto_port_failed_resets_total", kCounter, "realm",                        \
    "resets of the device that failed")                                                            \
  X(kPortRecoveries, "natto_port_recoveries_total", kCounter, "realm",                             \
    "recoveries of the device by its driver")                                                      \
  X(kPortPackets, "natto_port_packets_total", kCounter, "realm, direction",                        \
    "packets that workers took from the port (receive) or that it took to send (transmit)")        \
  X(kPortBytes, "natto_port_bytes_total", kCounter, "realm, direction",                            \
    "bytes, as the port's device counts them, read once a second")                                 \
  X(kQueuePackets, "natto_port_queue_packets_total", kCounter, "realm, direction, queue",          \
    "packets of each queue; worker n has queue n of every port")                                   \
  X(kQueueBytes, "natto_port_queue_bytes_total", kCounter, "realm, direction, queue",              \
    "bytes of each queue, where the device counts them")                                           \
  X(kPortLosses, "natto_port_device_losses_total", kCounter, "realm, counter",                     \
    "counters of the device that mean lost or throttled packets, such as EC2's allowances")        \
  X(kPortLevel, "natto_port_device_level", kGauge, "realm, counter",                               \
    "what the device says is left, such as of connections that EC2 can still track")               \
  X(kPortKernel, "natto_port_kernel_packets_total", kCounter, "realm, kind",                       \
    "packets given to the port's kernel interface, taken from it and refused from it")             \
  X(kWorkerPollSeconds, "natto_worker_poll_seconds_total", kCounter, "lcore",                      \
    "time in all polls")                                                                           \
  X(kWorkerBusySeconds, "natto_worker_busy_seconds_total", kCounter, "lcore",                      \
    "time in polls that found packets; divided by that in all polls, how busy the worker is")      \
  X(kWorkerPolls, "natto_worker_polls_total", kCounter, "lcore",                                   \
    "polls, each of which asks every port once")                                                   \
  X(kWorkerBusyPolls, "natto_worker_busy_polls_total", kCounter, "lcore",                          \
    "polls that found packets")                                                                    \
  X(kWorkerPackets, "natto_worker_received_packets_total", kCounter, "lcore",                      \
    "packets from its own queues, before software RSS")                                            \
  X(kWorkerSlowPath, "natto_worker_slow_path_packets_total", kCounter, "lcore",                    \
    "packets that took the slow path")                                                             \
  X(kWorkerCacheMisses, "natto_worker_cache_misses_total", kCounter, "lcore",                      \
    "addresses that the translation cache did not hold, of two that a packet has")                 \
  X(kWorkerBurst, "natto_worker_burst_packets", kHistogram, "lcore",                               \
    "size of the bursts that it took from its own queues")                                         \
  X(kWorkerLongestGap, "natto_worker_longest_gap_seconds", kGauge, "lcore",                        \
    "longest time from one poll to the next since start")                                          \
  X(kWorkerStalled, "natto_worker_stalled", kGauge, "lcore", "1 if it has not polled for a second")\
  X(kRulePackets, "natto_rule_packets_total", kCounter, "rule, direction",                         \
    "packets that the rule allowed, from its first side to its second (there), and back")          \
  X(kRuleBytes, "natto_rule_bytes_total", kCounter, "rule, direction",                             \
    "bytes of these IPv4 packets")                                                                 \
  X(kRuleRefused, "natto_rule_refused_openings_total", kCounter, "rule",                           \
    "packets with which the side that is asked would have opened a conversation itself")           \
  X(kLimitPassedPackets, "natto_limit_passed_packets_total", kCounter, "limit",                    \
    "packets that kept the limit")                                                                 \
  X(kLimitPassedBytes, "natto_limit_passed_bytes_total", kCounter, "limit",                        \
    "bytes of these IPv4 packets")                                                                 \
  X(kLimitOverPackets, "natto_limit_over_packets_total", kCounter, "limit",                        \
    "packets that were dropped because of it")                                                     \
  X(kLimitOverBytes, "natto_limit_over_bytes_total", kCounter, "limit",                            \
    "bytes of these IPv4 packets")                                                                 \
  X(kMappingPackets, "natto_mapping_packets_total", kCounter, "mapping, realm, direction",         \
    "packets that the mapped host sent (from), and that were sent to it (to)")                     \
  X(kMappingBytes, "natto_mapping_bytes_total", kCounter, "mapping, realm, direction",             \
    "bytes of these IPv4 packets")                                                                 \
  X(kMappingLast, "natto_mapping_last_packet_timestamp_seconds", kGauge,                           \
    "mapping, realm, direction", "when the last of them came, as Unix time; 0: never")
// clang-format on

namespace metric {
#define X(enumerator, name, type, labels, meaning) \
  inline constexpr Metric enumerator{name, MetricType::type, labels, meaning};
NATTO_METRICS(X)
#undef X
}  // namespace metric

/// "natto_received_packets_total", of the counter that is called `member` and counts `unit`.
[[nodiscard]] std::string counter_metric_name(std::string_view member, std::string_view unit);
/// "packets: taken from a port"
[[nodiscard]] std::string counter_metric_meaning(std::string_view unit, std::string_view meaning);

/// The table of doc/metrics.md.
[[nodiscard]] std::string metrics_markdown();

}  // namespace natto
