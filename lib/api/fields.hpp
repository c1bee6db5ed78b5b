#pragma once

// The members of each message: JSON key, member, meaning. The one place that spells the keys; JSON
// and doc/api.md come from it. `field(key, member, meaning)` is called in the order of the JSON.

#include <concepts>
#include <type_traits>

#include "api/messages.hpp"

namespace natto::api {

template <typename T, typename Message>
concept Of = std::same_as<std::remove_const_t<T>, Message>;

void fields(Of<TableReport> auto& m, auto&& field) {
  field("version", m.version,
        "the table's number: 1 at start, one more with each that replaces it");
  field("digest", m.digest, "SHA-256 of what the table says, as `natto check` prints it");
  field("serial", m.serial, "its number among those that the companies agreed on; 0: it has none");
  field("signed_by", m.signed_by, "parties whose signatures of it are good");
  field("mappings", m.mappings, "how many it has");
  field("hosts", m.hosts, "those of one address");
  field("prefixes", m.prefixes, "those of a prefix");
  field("addresses", m.addresses, "that all of them map");
  field("memory_bytes", m.memory_bytes, "that the table takes");
  field("file", m.file, "that natto.toml names, and a reload loads");
  field("file_state", m.file_state,
        "when the file was read last: `same` (it says what is in force), `differs` (after a "
        "rollback) or `refused`");
  field("file_refused_ms", m.file_refused_ms, "since when it is refused; 0 if it is not");
  field("file_error", m.file_error, "why it is refused, a line per error");
  field("read_from", m.read_from,
        "the file that the running table was read from, on its `line`s: `file`, or where natto "
        "kept the table in force last");
  field("loaded_ms", m.loaded_ms, "when");
  field("trigger", m.trigger,
        "`start`, `file changed`, `SIGHUP`, `natto reload` or `natto rollback`");
  field("who", m.who, "the user and process that asked for it, or empty");
  field("rollback_possible", m.rollback_possible, "there is an earlier table");
  field("reloads", m.reloads, "since start, rollbacks too, and those that found no change");
  field("refused_reloads", m.refused_reloads, "since start, that changed nothing");
  field("last_reload_ms", m.last_reload_ms,
        "when the last reload or rollback ended; 0: none since start");
  field("last_reload_refused", m.last_reload_refused, "it changed nothing");
  field("last_reload_us", m.last_reload_us,
        "microseconds that it took, until no worker used the old table");
}

void fields(Of<MappingReport> auto& m, auto&& field) {
  field("name", m.name, "");
  field("realm", m.realm, "where the host has its real address");
  field("real", m.real, "address or prefix");
  field("mapped", m.mapped, "address or prefix");
  field("line", m.line, "of the file that the table was read from");
  field("from_packets", m.from_packets, "that the mapped host sent");
  field("from_bytes", m.from_bytes, "of these IPv4 packets");
  field("from_last_ms", m.from_last_ms, "when the last one came, to 1/8 s");
  field("to_packets", m.to_packets, "sent to the mapped host");
  field("to_bytes", m.to_bytes, "of these IPv4 packets");
  field("to_last_ms", m.to_last_ms, "when the last one came, to 1/8 s");
}

void fields(Of<MappingsReport> auto& m, auto&& field) {
  field("version", m.version, "of the table");
  field("mappings", m.mappings, "in the order that was asked for");
}

void fields(Of<GainReport> auto& m, auto&& field) {
  field("name", m.name, "");
  field("from_packets", m.from_packets, "that the mapped host sent meanwhile");
  field("from_bytes", m.from_bytes, "of these IPv4 packets");
  field("to_packets", m.to_packets, "sent to the mapped host meanwhile");
  field("to_bytes", m.to_bytes, "of these IPv4 packets");
}

void fields(Of<BusiestReport> auto& m, auto&& field) {
  field("version", m.version, "of the table");
  field("sample", m.sample, "this look's number, for `since` of the next request; it serves once");
  field("elapsed_us", m.elapsed_us,
        "microseconds since the look that the request names; 0: natto has none of this version of "
        "the table");
  field("mappings", m.mappings, "that had packets since then, the one with the most first");
}

void fields(Of<CountersReport> auto& m, auto&& field) {
#define X(member, unit, meaning) field(#member, m.member, unit ": " meaning);
  NATTO_COUNTERS(X)
#undef X
  field("dropped", m.dropped, "packets: the sum of the drops");
#define X(member, ...) field(#member "_per_second", m.member##_per_second, "in the last second");
  NATTO_COUNTERS(X)
#undef X
  field("dropped_per_second", m.dropped_per_second, "in the last second");
}

void fields(Of<DropSampleReport> auto& m, auto&& field) {
  field("at_ms", m.at_ms, "when it was dropped");
  field("realm", m.realm, "of the port by which it came or was to leave");
  field("way", m.way, "`in`: as it came; `out`: translated, as it was to leave");
  field("source", m.source, "of ARP the sender; empty if it is neither IPv4 nor ARP");
  field("destination", m.destination, "of ARP the target; empty if it is neither IPv4 nor ARP");
  field("protocol", m.protocol,
        "`tcp`, `udp`, `icmp`, `protocol 99`, `arp`; empty if it is neither IPv4 nor ARP");
  field("source_port", m.source_port, "0 if there is none, as in a later fragment");
  field("destination_port", m.destination_port, "likewise");
  field("ethertype", m.ethertype, "2048: IPv4");
  field("length", m.length, "bytes behind the Ethernet header");
}

void fields(Of<DropReport> auto& m, auto&& field) {
  field("reason", m.reason, "as in [drop-reasons.md](drop-reasons.md)");
  field("packets", m.packets, "since start");
  field("per_second", m.per_second, "in the last second");
  field("meaning", m.meaning, "");
  field("advice", m.advice, "what to do");
  field("samples", m.samples,
        "the last 8 of these packets that were looked at, the latest first, if the request wants "
        "them. Each thread looks at 8 at once, and at 8 a second");
}

void fields(Of<HintReport> auto& m, auto&& field) {
  field("counter", m.counter, "as in `counters`");
  field("packets", m.packets, "since start");
  field("per_second", m.per_second, "in the last second");
  field("meaning", m.meaning, "");
  field("advice", m.advice, "what to do");
}

void fields(Of<DropsReport> auto& m, auto&& field) {
  field("drops", m.drops, "reasons with at least one packet, the most frequent first");
  field("hints", m.hints, "why receivers may discard packets that natto forwards");
}

void fields(Of<RuleReport> auto& m, auto&& field) {
  field("name", m.name, "");
  field("line", m.line, "of the file that the table was read from");
  field("allows", m.allows, "`from -> to: protocols ports`; with `<->` either side may open");
  field("there_packets", m.there_packets,
        "that it allowed from its first side to its second. A packet counts for the first rule of "
        "the file that allows it");
  field("there_bytes", m.there_bytes, "of these IPv4 packets");
  field("back_packets", m.back_packets, "that it allowed the other way");
  field("back_bytes", m.back_bytes, "of these IPv4 packets");
  field("refused_openings", m.refused_openings,
        "packets with which the side that is asked would have opened a conversation itself");
}

void fields(Of<RulesReport> auto& m, auto&& field) {
  field("version", m.version, "of the table");
  field("otherwise", m.otherwise, "what becomes of what no rule allows: `allow` or `deny`");
  field("answer", m.answer, "what the sender of a refused packet gets: `prohibited` or `drop`");
  field("rules", m.rules, "in the file's order when they came into force");
}

void fields(Of<LimitReport> auto& m, auto&& field) {
  field("name", m.name, "");
  field("line", m.line, "of the file that the table was read from");
  field("limits", m.limits, "`from -> to: rates`");
  field("passed_packets", m.passed_packets, "that kept it");
  field("passed_bytes", m.passed_bytes, "of these IPv4 packets");
  field("over_packets", m.over_packets, "that were dropped as `over_limit` because of it");
  field("over_bytes", m.over_bytes, "of these IPv4 packets");
}

void fields(Of<LimitsReport> auto& m, auto&& field) {
  field("version", m.version, "of the table");
  field("limits", m.limits, "in the file's order when they came into force");
}

void fields(Of<DeviceCounterReport> auto& m, auto&& field) {
  field("name", m.name, "as the driver calls it; `*` for each queue");
  field("value", m.value, "goes on where a reset of the device put it to zero");
  field("last_minute", m.last_minute, "what it grew by");
  field("meaning", m.meaning, "");
  field("advice", m.advice, "what to do");
}

void fields(Of<PortReport> auto& m, auto&& field) {
  field("realm", m.realm, "behind the port");
  field("device", m.device, "with the devargs that natto added");
  field("ethdev", m.ethdev, "DPDK's number of it");
  field("driver", m.driver, "");
  field("mac", m.mac, "");
  field("address", m.address, "natto's own, with the prefix length");
  field("mtu", m.mtu, "");
  field("state", m.state,
        "`up`, `link down`, `interface gone` (the kernel's, which the device was on: natto must be "
        "restarted), `recovering` (out of use while its driver recovers it), `resetting` (out of "
        "use until a reset succeeds) or `dead` (so too, and five in a row have failed)");
  field("state_since_ms", m.state_since_ms, "");
  field("link", m.link, "`up` or `down`");
  field("speed_mbps", m.speed_mbps, "0 where the driver does not say (ENA)");
  field("link_losses", m.link_losses, "how often the link went down");
  field("resets", m.resets, "that succeeded");
  field("failed_resets", m.failed_resets, "");
  field("recoveries", m.recoveries, "by the driver itself");
  field("reset_cause", m.reset_cause,
        "of the last reset: `the driver asked for it`, `the driver could not recover the port`, "
        "`the driver's counters told that it needs one, or could not be read` or empty");
  field("queues", m.queues, "pairs of a receive and a transmit queue");
  field("rx_descriptors", m.rx_descriptors, "of each queue");
  field("tx_descriptors", m.tx_descriptors, "of each queue");
  field("rss", m.rss, "which packets the device spreads over the queues");
  field("checksum_offload", m.checksum_offload, "`on` or `off`");
  field("no_checksum_offload_because", m.no_checksum_offload_because, "empty if it is on");
  field("rx_offloads", m.rx_offloads, "DPDK's names");
  field("tx_offloads", m.tx_offloads, "DPDK's names");
  field("next_hop", m.next_hop,
        "empty without a gateway; `static` if the config gives its MAC address");
  field("next_hop_mac", m.next_hop_mac, "empty while ARP has not found it");
  field("next_hop_silent", m.next_hop_silent,
        "the gateway does not answer ARP, or no longer; a known MAC address stays in use");
  field("neighbours", m.neighbours, "hosts on the link whose MAC addresses ARP has found");
#define X(member, direction, unit, meaning)                               \
  field(#direction "_packets", m.direction##_packets, unit ": " meaning); \
  field(#direction "_per_second", m.direction##_per_second, "in the last second");
  NATTO_PORT_COUNTERS(X)
#undef X
  field("kernel_interface", m.kernel_interface, "empty without one");
#define X(member, unit, meaning)                                  \
  field("kernel_" #member, m.kernel_##member, unit ": " meaning); \
  field("kernel_" #member "_per_second", m.kernel_##member##_per_second, "in the last second");
  NATTO_KERNEL_COUNTERS(X)
#undef X
  field("counters", m.counters,
        "of the device: those that mean lost or throttled packets, if they are not 0");
}

void fields(Of<PortsReport> auto& m, auto&& field) {
  field("ports", m.ports, "in the order of the configuration");
}

void fields(Of<QueueReport> auto& m, auto&& field) {
  field("rx_packets", m.rx_packets, "that the worker took from it");
  field("tx_packets", m.tx_packets, "of the worker's that it took to send");
  field("rx_bytes", m.rx_bytes, "as the device counts them; not there if it does not");
  field("tx_bytes", m.tx_bytes, "likewise");
}

void fields(Of<LossReport> auto& m, auto&& field) {
  field("name", m.name, "as in [ports](#ports)");
  field("value", m.value, "goes on where a reset of the device put it to zero");
  field("level", m.level, "it is what is left of something, and no count");
}

void fields(Of<DeviceReport> auto& m, auto&& field) {
  field("realm", m.realm, "behind the port");
  field("rx_bytes", m.rx_bytes,
        "as the device counts them, read once a second; goes on where a reset of the device put it "
        "to zero; not there if it does not count");
  field("tx_bytes", m.tx_bytes, "likewise");
  field("queues", m.queues, "each, from 0 on: that of worker 0, and so on");
  field("losses", m.losses,
        "every counter of the device that means lost or throttled packets, also if it is 0");
}

void fields(Of<DevicesReport> auto& m, auto&& field) {
  field("devices", m.devices, "of the ports, in the order of the configuration");
}

void fields(Of<ProcessReport> auto& m, auto&& field) {
  field("version", m.version, "of natto");
  field("dpdk", m.dpdk, "version of the DPDK that it runs with");
  field("process", m.process, "its number where natto runs");
  field("started_ms", m.started_ms, "when the socket was opened");
  field("cpu_us", m.cpu_us,
        "microseconds of CPU time of all its threads; a worker takes all of its core");
  field("resident_bytes", m.resident_bytes, "memory without hugepages");
  field("requests", m.requests, "to this socket, with this one");
}

void fields(Of<WorkerReport> auto& m, auto&& field) {
  field("lcore", m.lcore, "that it runs on");
  field("received", m.received, "by its own queues, before software RSS");
  field("polls", m.polls, "each asks every port once");
  field("busy_polls", m.busy_polls, "those that found packets");
  field("cycles", m.cycles, "of the TSC, in all polls");
  field("busy_cycles", m.busy_cycles, "in those that found packets");
  field("longest_gap_cycles", m.longest_gap_cycles, "from one poll to the next");
  field("slow_path", m.slow_path, "packets that took it");
  field("looked_up", m.looked_up,
        "addresses that its translation cache did not hold, of two that a packet has");
  field("bursts", m.bursts,
        "taken from its own queues, by their size: 1 packet, 2, up to 4, 8, 16, and 32");
  field("stalled", m.stalled, "no poll for a second");
}

void fields(Of<WorkersReport> auto& m, auto&& field) {
  field("tsc_hz", m.tsc_hz, "cycles of the TSC a second");
  field("workers", m.workers, "since start");
}

void fields(Of<WorkerHealthReport> auto& m, auto&& field) {
  field("lcore", m.lcore, "that it runs on");
  field("polls", m.polls, "since start, whether they found packets or not");
  field("since_poll_us", m.since_poll_us, "microseconds since the last one; 0 before the first");
}

void fields(Of<PortHealthReport> auto& m, auto&& field) {
  field("realm", m.realm, "behind the port");
  field("state", m.state, "as in [ports](#ports)");
  field("state_since_ms", m.state_since_ms, "");
  field("next_hop", m.next_hop, "as in [ports](#ports)");
  field("next_hop_mac", m.next_hop_mac, "empty while ARP has not found it");
  field("next_hop_silent", m.next_hop_silent, "as in [ports](#ports)");
}

void fields(Of<HealthReport> auto& m, auto&& field) {
  field("role", m.role, "`active` or `standby`");
  field("peer", m.peer, "as in [role](#role)");
  field("peer_differs", m.peer_differs, "as in [role](#role)");
  field("version", m.version, "of the table in force");
  field("mappings", m.mappings, "in it");
  field("file", m.file, "that natto.toml names, and a reload loads");
  field("file_state", m.file_state, "as in [table](#table)");
  field("file_refused_ms", m.file_refused_ms, "since when it is refused; 0 if it is not");
  field("file_error", m.file_error, "why it is refused, a line per error");
  field("since_control_us", m.since_control_us,
        "microseconds since the control thread did its work last, which it does every millisecond");
  field("workers", m.workers, "each");
  field("ports", m.ports, "in the order of the configuration");
  field("warnings", m.warnings,
        "what is amiss beside the packets' way, a text each: the audit or the history of counters "
        "is not written, or the table in force is not kept for the next start");
}

void fields(Of<RoleReport> auto& m, auto&& field) {
  field("role", m.role,
        "`active` (natto answers ARP for mapped addresses) or `standby` (it does not); it "
        "translates in both");
  field("since_ms", m.since_ms, "when it got the role, or started in it");
  field("who", m.who, "the user and process that gave it; empty: natto.toml");
  field("announcing", m.announcing, "hosts are still being told that mapped addresses are here");
  field("to_announce", m.to_announce, "gratuitous ARP requests that are still to be sent for that");
  field("version", m.version, "of the table in force");
  field("digest", m.digest, "of the table in force");
  field("peer", m.peer, "`[ha] peer`; empty if natto.toml names none");
  field("peer_digest", m.peer_digest,
        "of the peer's table, as natto was told last by a request `peer`; empty: never");
  field("peer_told_ms", m.peer_told_ms, "when that was; 0: never");
  field("peer_differs", m.peer_differs, "the peer's table is another than the one in force");
}

void fields(Of<ReloadReport> auto& m, auto&& field) {
  field("id", m.id, "number of the attempt since start, as in the log");
  field("version", m.version, "of the table in use now");
  field("mappings", m.mappings, "in it; of a dry run: in the file");
  field("added", m.added, "mappings");
  field("removed", m.removed, "mappings");
  field("changed", m.changed, "mappings");
  field("policy_changes", m.policy_changes,
        "how many of `[policy]`, the rules and the limits were added, removed or changed");
  field("digest_before", m.digest_before, "");
  field("digest_after", m.digest_after, "of a dry run: of the file");
  field("parse_us", m.parse_us, "microseconds for reading and checking the file");
  field("build_us", m.build_us, "for building the table");
  field("grace_us", m.grace_us, "until no worker used the old table");
  field("grace_pending", m.grace_pending, "after ten seconds a worker still may");
  field("text", m.text,
        "a line for each mapping, rule and limit that was added (`+`), removed (`-`) or changed "
        "(`~`)");
  field("config_changed", m.config_changed,
        "keys of natto.toml that differ from what natto runs with, as `port 0 mtu`: a restart "
        "applies them");
}

void fields(Of<ExplainReport> auto& m, auto&& field) {
  field("version", m.version, "of the table; not there if files were asked (`natto explain -c`)");
  field("sent", m.sent, "natto would translate and send it");
  field("reason", m.reason,
        "the [drop reason](drop-reasons.md); empty if it is sent, natto itself answers it or the "
        "kernel gets it");
  field("rule", m.rule, "of the policy, that allows it; empty if none need or does");
  field("steps", m.steps, "of the decision, for a person");
}

void fields(Of<CapturedReport> auto& m, auto&& field) {
  field("id", m.id, "the packet's number in this capture, from 1");
  field("at_ns", m.at_ns, "when it came, in Unix nanoseconds");
  field("fate", m.fate,
        "`sent`, `dropped`, `to natto` (for natto itself: ARP, its own addresses), `held` "
        "(translated, but its next hop is being looked for) or `generated` (by natto, or by the "
        "kernel behind it)");
  field("reason", m.reason, "of a dropped one, as in [drop-reasons.md](drop-reasons.md)");
  field("from", m.from, "the mapping of its source; empty if it has none");
  field("to", m.to, "the mapping of its destination; empty if it has none");
  field("rule", m.rule, "of the policy, that allows it; empty if none need or does");
  field("in_realm", m.in_realm, "that it came from; empty if it did not come in");
  field("in_length", m.in_length, "bytes of the frame as it came");
  field("in_frame", m.in_frame,
        "the frame as it came, in hexadecimal, two digits a byte; its begin, if it is longer than "
        "`snaplen`");
  field("out_realm", m.out_realm, "that it leaves to; empty if it does not");
  field("out_length", m.out_length, "bytes of the frame as it leaves");
  field("out_frame", m.out_frame,
        "likewise, before it is cut into fragments; a checksum that the port computes is in it");
}

void fields(Of<CaptureReport> auto& m, auto&& field) {
  field("packets", m.packets, "since the last line");
  field("lost", m.lost,
        "packets that were not copied because those before them were not taken yet, since the "
        "capture began");
  field("over_rate", m.over_rate, "packets beyond `rate`, since then");
}

void fields(Of<ProgressReport> auto& m, auto&& field) {
  field("progress", m.progress,
        "`waiting` (for its turn), `reading`, `checking`, `building`, `waiting for workers` or "
        "`keeping`");
}

void fields(Of<ErrorText> auto& m, auto&& field) {
  field("kind", m.kind,
        "`usage` (the request makes no sense), `input` (what it names is wrong), `system` (the "
        "machine or natto refuses) or `denied` (no right to it)");
  field("message", m.message, "what is wrong, and what to do about it; may have several lines");
}

void fields(Of<ErrorReport> auto& m, auto&& field) { field("error", m.error, ""); }

void fields(Of<TableRequest> auto&, auto&&) {}
void fields(Of<MappingsRequest> auto& m, auto&& field) {
  field("filter", m.filter,
        "a mapping's name, or an address or prefix that its real or mapped side overlaps; empty: "
        "all mappings");
  field("sort", m.sort,
        "`file` (its order, the default), `name`, or the largest first of `packets`, `bytes` and "
        "`last`, the time of the last packet");
  field("limit", m.limit, "no more than so many of them, the first; 0: all");
}
void fields(Of<BusiestRequest> auto& m, auto&& field) {
  field("since", m.since, "`sample` of an earlier report; 0: none");
  field("limit", m.limit, "no more than so many mappings");
}
void fields(Of<CountersRequest> auto&, auto&&) {}
void fields(Of<DropsRequest> auto& m, auto&& field) {
  field("samples", m.samples, "with samples of the packets; left out: without");
}
void fields(Of<RulesRequest> auto&, auto&&) {}
void fields(Of<LimitsRequest> auto&, auto&&) {}
void fields(Of<PortsRequest> auto&, auto&&) {}
void fields(Of<PortRequest> auto& m, auto&& field) {
  field("port", m.port, "its index in the configuration, from 0");
}
void fields(Of<DevicesRequest> auto&, auto&&) {}
void fields(Of<WorkersRequest> auto&, auto&&) {}
void fields(Of<ProcessRequest> auto&, auto&&) {}
void fields(Of<HealthRequest> auto&, auto&&) {}
void fields(Of<RoleRequest> auto&, auto&&) {}
void fields(Of<ActivateRequest> auto&, auto&&) {}
void fields(Of<StandbyRequest> auto&, auto&&) {}
void fields(Of<PeerRequest> auto& m, auto&& field) {
  field("digest", m.digest, "of the table that the peer has in force");
}
void fields(Of<ReloadRequest> auto& m, auto&& field) {
  field("sudo_user", m.sudo_user,
        "who asks by sudo, as the client says: the audit has it as a claim; may be left out");
  field("confirm", m.confirm,
        "the digest of the table that may take away more than `[table] max_removed`; may be left "
        "out");
}
void fields(Of<DryRunRequest> auto&, auto&&) {}
void fields(Of<RollbackRequest> auto& m, auto&& field) {
  field("sudo_user", m.sudo_user,
        "who asks by sudo, as the client says: the audit has it as a claim; may be left out");
}
void fields(Of<ExplainRequest> auto& m, auto&& field) {
  field("frame", m.frame, "the whole Ethernet frame in hexadecimal, two digits a byte");
  field("realm", m.realm,
        "where it arrives; empty: the only one where its source is a real address");
}

void fields(Of<InstructionMessage> auto& m, auto&& field) {
  field("code", m.code, "as in bpf(4)");
  field("jt", m.jt, "instructions to skip if it is true");
  field("jf", m.jf, "instructions to skip if it is not");
  field("k", m.k, "its number");
}
void fields(Of<CaptureRequest> auto& m, auto&& field) {
  field("filter", m.filter,
        "classic BPF for Ethernet, as `tcpdump -ddd` prints it, of the packet as it came or as it "
        "leaves; empty: every packet");
  field("mappings", m.mappings,
        "one name: packets from or to its hosts; two: packets between their hosts");
  field("rule", m.rule, "name of a rule: packets that it allows");
  field("drops", m.drops, "drop reasons: packets dropped for them; `any`: all that are dropped");
  field("realm", m.realm, "packets that come from it or leave to it");
  field("direction", m.direction,
        "`in`: only those that come from `realm`; `out`: that leave to it");
  field("snaplen", m.snaplen, "bytes of a packet that are wanted");
  field("rate", m.rate, "packets a second at most; 0: all");
}

}  // namespace natto::api
