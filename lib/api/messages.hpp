#pragma once

// What programs ask a running natto, and what it reports: the lines of natto's socket as structs
// (doc/api.md). api/fields.hpp has the JSON key and the meaning of each member.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/rights.hpp"
#include "base/result.hpp"
#include "packet/counter_list.hpp"

namespace natto::api {

// Reports.

struct TableReport {
  std::uint64_t version = 0;
  std::string digest = {};
  std::uint64_t serial = 0;
  std::vector<std::string> signed_by = {};
  std::uint64_t mappings = 0;
  std::uint64_t hosts = 0;
  std::uint64_t prefixes = 0;
  std::uint64_t addresses = 0;
  std::uint64_t memory_bytes = 0;
  std::string file = {};
  std::string file_state = {};
  std::uint64_t file_refused_ms = 0;
  std::string file_error = {};
  std::string read_from = {};
  std::uint64_t loaded_ms = 0;
  std::string trigger = {};
  std::string who = {};
  bool rollback_possible = false;
  std::uint64_t reloads = 0;
  std::uint64_t refused_reloads = 0;
  std::uint64_t last_reload_ms = 0;
  bool last_reload_refused = false;
  std::uint64_t last_reload_us = 0;
};

struct MappingReport {
  std::string name = {};
  std::string realm = {};
  std::string real = {};
  std::string mapped = {};
  std::uint64_t line = 0;
  std::uint64_t from_packets = 0;
  std::uint64_t from_bytes = 0;
  std::uint64_t from_last_ms = 0;
  std::uint64_t to_packets = 0;
  std::uint64_t to_bytes = 0;
  std::uint64_t to_last_ms = 0;
};

struct MappingsReport {
  std::uint64_t version = 0;
  std::vector<MappingReport> mappings = {};  ///< the last member: its rows can be streamed
};

/// What a mapping gained between two looks.
struct GainReport {
  std::string name = {};
  std::uint64_t from_packets = 0;
  std::uint64_t from_bytes = 0;
  std::uint64_t to_packets = 0;
  std::uint64_t to_bytes = 0;
};

struct BusiestReport {
  std::uint64_t version = 0;
  std::uint64_t sample = 0;
  std::uint64_t elapsed_us = 0;
  std::vector<GainReport> mappings = {};
};

// The members that count come from the one list (packet/counter_list.hpp).
#define X(member, ...) std::uint64_t member = 0;
#define X_RATE(member, ...) std::uint64_t member##_per_second = 0;
struct CountersReport {
  NATTO_COUNTERS(X)
  std::uint64_t dropped = 0;
  NATTO_COUNTERS(X_RATE)
  std::uint64_t dropped_per_second = 0;
};
#undef X
#undef X_RATE

struct DropSampleReport {
  std::uint64_t at_ms = 0;
  std::string realm = {};
  std::string way = {};
  std::string source = {};
  std::string destination = {};
  std::string protocol = {};
  std::uint64_t source_port = 0;
  std::uint64_t destination_port = 0;
  std::uint64_t ethertype = 0;
  std::uint64_t length = 0;
};

struct DropReport {
  std::string reason = {};
  std::uint64_t packets = 0;
  std::uint64_t per_second = 0;
  std::string meaning = {};
  std::string advice = {};
  std::vector<DropSampleReport> samples = {};
};

struct HintReport {
  std::string counter = {};
  std::uint64_t packets = 0;
  std::uint64_t per_second = 0;
  std::string meaning = {};
  std::string advice = {};
};

struct DropsReport {
  std::vector<DropReport> drops = {};
  std::vector<HintReport> hints = {};
};

struct RuleReport {
  std::string name = {};
  std::uint64_t line = 0;
  std::string allows = {};
  std::uint64_t there_packets = 0;
  std::uint64_t there_bytes = 0;
  std::uint64_t back_packets = 0;
  std::uint64_t back_bytes = 0;
  std::uint64_t refused_openings = 0;
};

struct RulesReport {
  std::uint64_t version = 0;
  std::string otherwise = {};
  std::string answer = {};
  std::vector<RuleReport> rules = {};
};

struct LimitReport {
  std::string name = {};
  std::uint64_t line = 0;
  std::string limits = {};
  std::uint64_t passed_packets = 0;
  std::uint64_t passed_bytes = 0;
  std::uint64_t over_packets = 0;
  std::uint64_t over_bytes = 0;
};

struct LimitsReport {
  std::uint64_t version = 0;
  std::vector<LimitReport> limits = {};
};

struct DeviceCounterReport {
  std::string name = {};
  std::uint64_t value = 0;
  std::uint64_t last_minute = 0;
  std::string meaning = {};
  std::string advice = {};
};

struct PortReport {
  std::string realm = {};
  std::string device = {};
  std::uint64_t ethdev = 0;
  std::string driver = {};
  std::string mac = {};
  std::string address = {};
  std::uint64_t mtu = 0;
  std::string state = {};
  std::uint64_t state_since_ms = 0;
  std::string link = {};
  std::uint64_t speed_mbps = 0;
  std::uint64_t link_losses = 0;
  std::uint64_t resets = 0;
  std::uint64_t failed_resets = 0;
  std::uint64_t recoveries = 0;
  std::string reset_cause = {};
  std::uint64_t queues = 0;
  std::uint64_t rx_descriptors = 0;
  std::uint64_t tx_descriptors = 0;
  std::string rss = {};
  std::string checksum_offload = {};
  std::string no_checksum_offload_because = {};
  std::string rx_offloads = {};
  std::string tx_offloads = {};
  std::string next_hop = {};
  std::string next_hop_mac = {};
  bool next_hop_silent = false;
  std::uint64_t neighbours = 0;
#define X(member, direction, ...)        \
  std::uint64_t direction##_packets = 0; \
  std::uint64_t direction##_per_second = 0;
  NATTO_PORT_COUNTERS(X)
#undef X
  std::string kernel_interface = {};
#define X(member, ...)               \
  std::uint64_t kernel_##member = 0; \
  std::uint64_t kernel_##member##_per_second = 0;
  NATTO_KERNEL_COUNTERS(X)
#undef X
  std::vector<DeviceCounterReport> counters = {};
};

struct PortsReport {
  std::vector<PortReport> ports = {};
};

/// Of a port's queue `n`, which worker `n` has.
struct QueueReport {
  std::uint64_t rx_packets = 0;
  std::uint64_t tx_packets = 0;
  std::optional<std::uint64_t> rx_bytes = {};
  std::optional<std::uint64_t> tx_bytes = {};
};

struct LossReport {
  std::string name = {};
  std::uint64_t value = 0;
  bool level = false;
};

struct DeviceReport {
  std::string realm = {};
  std::optional<std::uint64_t> rx_bytes = {};
  std::optional<std::uint64_t> tx_bytes = {};
  std::vector<QueueReport> queues = {};
  std::vector<LossReport> losses = {};
};

struct DevicesReport {
  std::vector<DeviceReport> devices = {};
};

struct ProcessReport {
  std::string version = {};
  std::string dpdk = {};
  std::uint64_t process = 0;
  std::uint64_t started_ms = 0;
  std::uint64_t cpu_us = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t requests = 0;
};

struct WorkerReport {
  std::uint64_t lcore = 0;
  std::uint64_t received = 0;
  std::uint64_t polls = 0;
  std::uint64_t busy_polls = 0;
  std::uint64_t cycles = 0;
  std::uint64_t busy_cycles = 0;
  std::uint64_t longest_gap_cycles = 0;
  std::uint64_t slow_path = 0;
  std::uint64_t looked_up = 0;
  std::vector<std::uint64_t> bursts = {};
  bool stalled = false;
};

struct WorkersReport {
  std::uint64_t tsc_hz = 0;
  std::vector<WorkerReport> workers = {};
};

struct WorkerHealthReport {
  std::uint64_t lcore = 0;
  std::uint64_t polls = 0;
  std::uint64_t since_poll_us = 0;
};

struct PortHealthReport {
  std::string realm = {};
  std::string state = {};
  std::uint64_t state_since_ms = 0;
  std::string next_hop = {};
  std::string next_hop_mac = {};
  bool next_hop_silent = false;
};

struct HealthReport {
  std::string role = {};
  std::string peer = {};
  bool peer_differs = false;
  std::uint64_t version = 0;
  std::uint64_t mappings = 0;
  std::string file = {};
  std::string file_state = {};
  std::uint64_t file_refused_ms = 0;
  std::string file_error = {};
  std::uint64_t since_control_us = 0;
  std::vector<WorkerHealthReport> workers = {};
  std::vector<PortHealthReport> ports = {};
  std::vector<std::string> warnings = {};
};

struct RoleReport {
  std::string role = {};
  std::uint64_t since_ms = 0;
  std::string who = {};
  bool announcing = false;
  std::uint64_t to_announce = 0;
  std::uint64_t version = 0;
  std::string digest = {};
  std::string peer = {};
  std::string peer_digest = {};
  std::uint64_t peer_told_ms = 0;
  bool peer_differs = false;
};

struct ReloadReport {
  std::uint64_t id = 0;
  std::uint64_t version = 0;
  std::uint64_t mappings = 0;
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::uint64_t changed = 0;
  std::uint64_t policy_changes = 0;
  std::string digest_before = {};
  std::string digest_after = {};
  std::uint64_t parse_us = 0;
  std::uint64_t build_us = 0;
  std::uint64_t grace_us = 0;
  bool grace_pending = false;
  std::string text = {};
  std::vector<std::string> config_changed = {};
};

struct ExplainReport {
  std::optional<std::uint64_t> version = {};  ///< absent: not of a running table
  bool sent = false;
  std::string reason = {};
  std::string rule = {};
  std::vector<std::string> steps = {};
};

/// A packet as it came, as it leaves, or both.
struct CapturedReport {
  std::uint64_t id = 0;
  std::uint64_t at_ns = 0;
  std::string fate = {};
  std::string reason = {};
  std::string from = {};
  std::string to = {};
  std::string rule = {};
  std::string in_realm = {};
  std::uint64_t in_length = 0;
  std::string in_frame = {};
  std::string out_realm = {};
  std::uint64_t out_length = 0;
  std::string out_frame = {};
};

struct CaptureReport {
  std::vector<CapturedReport> packets = {};
  std::uint64_t lost = 0;
  std::uint64_t over_rate = 0;
};

/// Before the report of a request that takes long.
struct ProgressReport {
  std::string progress = {};
};

struct ErrorText {
  std::string kind = {};
  std::string message = {};
};

/// In place of a report.
struct ErrorReport {
  ErrorText error = {};
};

// Requests. Each says its name, the rights it needs and what is reported.

struct TableRequest {
  static constexpr std::string_view kName = "table";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = TableReport;
};

struct MappingsRequest {
  static constexpr std::string_view kName = "mappings";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = MappingsReport;
  std::string filter = {};
  std::string sort = "file";  ///< one of kMappingOrders
  std::uint64_t limit = 0;    ///< 0: all
};

struct BusiestRequest {
  static constexpr std::string_view kName = "busiest";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = BusiestReport;
  std::uint64_t since = 0;
  std::uint64_t limit = 10;
};

struct CountersRequest {
  static constexpr std::string_view kName = "counters";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = CountersReport;
};

struct DropsRequest {
  static constexpr std::string_view kName = "drops";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = DropsReport;
  bool samples = false;
};

struct RulesRequest {
  static constexpr std::string_view kName = "rules";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = RulesReport;
};

struct LimitsRequest {
  static constexpr std::string_view kName = "limits";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = LimitsReport;
};

struct PortsRequest {
  static constexpr std::string_view kName = "ports";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = PortsReport;
};

struct PortRequest {
  static constexpr std::string_view kName = "port";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = PortReport;
  std::uint64_t port = 0;
};

struct DevicesRequest {
  static constexpr std::string_view kName = "devices";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = DevicesReport;
};

struct ProcessRequest {
  static constexpr std::string_view kName = "process";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = ProcessReport;
};

struct WorkersRequest {
  static constexpr std::string_view kName = "workers";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = WorkersReport;
};

struct HealthRequest {
  static constexpr std::string_view kName = "health";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = HealthReport;
};

struct RoleRequest {
  static constexpr std::string_view kName = "role";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = RoleReport;
};

struct ActivateRequest {
  static constexpr std::string_view kName = "activate";
  static constexpr Rights kNeeds = Rights::kChange;
  using Report = RoleReport;
};

struct StandbyRequest {
  static constexpr std::string_view kName = "standby";
  static constexpr Rights kNeeds = Rights::kChange;
  using Report = RoleReport;
};

/// natto itself asks nobody: whoever asked the peer tells it.
struct PeerRequest {
  static constexpr std::string_view kName = "peer";
  static constexpr Rights kNeeds = Rights::kChange;
  using Report = RoleReport;
  std::string digest = {};
};

struct ReloadRequest {
  static constexpr std::string_view kName = "reload";
  static constexpr Rights kNeeds = Rights::kChange;
  using Report = ReloadReport;
  std::string sudo_user = {};
  std::string confirm = {};
};

/// Changes nothing, but the reloader is busy with it.
struct DryRunRequest {
  static constexpr std::string_view kName = "dry_run";
  static constexpr Rights kNeeds = Rights::kChange;
  using Report = ReloadReport;
};

struct RollbackRequest {
  static constexpr std::string_view kName = "rollback";
  static constexpr Rights kNeeds = Rights::kChange;
  using Report = ReloadReport;
  std::string sudo_user = {};
};

struct ExplainRequest {
  static constexpr std::string_view kName = "explain";
  static constexpr Rights kNeeds = Rights::kRead;
  using Report = ExplainReport;
  std::string frame = {};
  std::string realm = {};
};

/// An instruction of classic BPF.
struct InstructionMessage {
  std::uint64_t code = 0;
  std::uint64_t jt = 0;
  std::uint64_t jf = 0;
  std::uint64_t k = 0;
};

/// Answered with reports until the client goes. Who may change what natto does may see what it
/// carries, and nobody else.
struct CaptureRequest {
  static constexpr std::string_view kName = "capture";
  static constexpr Rights kNeeds = Rights::kChange;
  using Report = CaptureReport;
  std::vector<InstructionMessage> filter = {};
  std::vector<std::string> mappings = {};
  std::string rule = {};
  std::vector<std::string> drops = {};
  std::string realm = {};
  std::string direction = {};
  std::uint64_t snaplen = 262'144;
  std::uint64_t rate = 0;
};

using Request =
    std::variant<TableRequest, MappingsRequest, BusiestRequest, CountersRequest, DropsRequest,
                 RulesRequest, LimitsRequest, PortsRequest, PortRequest, DevicesRequest,
                 WorkersRequest, ProcessRequest, HealthRequest, RoleRequest, ActivateRequest,
                 StandbyRequest, PeerRequest, ReloadRequest, DryRunRequest, RollbackRequest,
                 ExplainRequest, CaptureRequest>;

/// What a list of mappings is sorted by: their file, their names, or the largest of these first.
inline constexpr std::array<std::string_view, 5> kMappingOrders = {"file", "name", "packets",
                                                                   "bytes", "last"};

// Lines, without their line feed.

/// Of any report, also inside another one.
template <typename Report>
[[nodiscard]] std::string to_line(const Report& report);

[[nodiscard]] std::string to_line(const Request& request);

/// An error's kind as the line says it: "usage", "input", "system", "denied".
[[nodiscard]] ErrorReport to_report(const Error& error);
[[nodiscard]] Error to_error(const ErrorReport& report);

/// The error, of kind kUsage, says what is wrong with the line.
[[nodiscard]] Result<Request> parse_request(std::string_view line);

/// What natto sends back: progress and, last, an error or the report.
template <typename Report>
using Reply = std::variant<ProgressReport, ErrorReport, Report>;

/// The error, of kind kSystem, says what does not fit. Keys that the report does not have are left
/// out: a newer natto may say more.
template <typename Report>
[[nodiscard]] Result<Reply<Report>> parse_reply(std::string_view line);

}  // namespace natto::api
