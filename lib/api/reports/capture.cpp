#include "api/reports/capture.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "api/reports/captured_names.hpp"
#include "base/hex.hpp"
#include "base/nearest.hpp"
#include "capture/necessary.hpp"
#include "capture/per_second.hpp"
#include "dataplane/tap.hpp"
#include "packet/complete_checksums.hpp"
#include "packet/parse.hpp"

namespace natto::api {
namespace {

/// Of each worker: copies of some 15,000 small packets.
constexpr std::size_t kRingBytes = std::size_t{4} << 20U;
/// Of packets in a line: it is made in a millisecond.
constexpr std::size_t kLineBytes = std::size_t{32} << 10U;
/// Longest silence: the client learns that natto is alive, and what was lost.
constexpr std::chrono::milliseconds kSilence(200);
constexpr std::uint64_t kMostInstruction = UINT16_MAX;

Error unknown(const char* what, const std::string& name,
              const std::vector<std::string_view>& known) {
  const std::string_view close = nearest(name, known);
  return input_error(fmt::format("natto knows no {} {}{}", what, name,
                                 close.empty() ? "" : fmt::format(": do you mean {}?", close)));
}

template <typename Items>
std::vector<std::string_view> names_of(const Items& items, auto name) {
  std::vector<std::string_view> names;
  for (const auto& item : items) {
    names.push_back(std::invoke(name, item));
  }
  return names;
}

Result<MappedHosts> hosts_of(const MappingTable& table, const std::string& name) {
  const auto found = std::ranges::find(table.mappings, name, &Mapping::name);
  if (found == table.mappings.end()) {
    return unknown("mapping", name, names_of(table.mappings, &Mapping::name));
  }
  return MappedHosts{.realm = found->realm, .real = found->real, .mapped = found->mapped};
}

Status choose_filter(const CaptureRequest& request, CaptureOrder& order) {
  if (request.filter.empty()) {
    order.conditions = necessary_conditions({});
    return Done{};
  }
  std::vector<BpfInstruction> program;
  for (const InstructionMessage& one : request.filter) {
    if (one.code > kMostInstruction || one.jt > UINT8_MAX || one.jf > UINT8_MAX ||
        one.k > UINT32_MAX) {
      return Error{ErrorKind::kUsage, "an instruction of the filter has too large a number"};
    }
    program.push_back({.code = static_cast<std::uint16_t>(one.code),
                       .jump_true = static_cast<std::uint8_t>(one.jt),
                       .jump_false = static_cast<std::uint8_t>(one.jf),
                       .k = static_cast<std::uint32_t>(one.k)});
  }
  Result<PacketFilter> filter = PacketFilter::load(program);
  if (!filter) {
    return filter.error();
  }
  order.filter.emplace(*std::move(filter));
  order.conditions = necessary_conditions(program);
  return Done{};
}

Status choose_hosts(const CaptureRequest& request, const MappingTable& table, CaptureOrder& order) {
  if (request.mappings.size() > 2) {
    return Error{ErrorKind::kUsage, "mappings names one or two of them"};
  }
  for (const std::string& name : request.mappings) {
    const Result<MappedHosts> hosts = hosts_of(table, name);
    if (!hosts) {
      return hosts.error();
    }
    (order.one ? order.other : order.one) = *hosts;
  }
  const auto& rules = table.rules.allow;
  if (!request.rule.empty() &&
      std::ranges::find(rules, request.rule, &AllowRule::name) == rules.end()) {
    return unknown("rule", request.rule, names_of(rules, &AllowRule::name));
  }
  return Done{};
}

Status choose_drops(const CaptureRequest& request, CaptureOrder& order) {
  order.drops_only = !request.drops.empty();
  for (const std::string& name : request.drops) {
    if (name == "any") {
      order.reasons.fill(true);
      continue;
    }
    const auto found = std::ranges::find(kDropReasons, name, &DropReasonInfo::name);
    if (found == kDropReasons.end()) {
      return unknown("drop reason", name, names_of(kDropReasons, &DropReasonInfo::name));
    }
    order.reasons[static_cast<std::size_t>(found - kDropReasons.begin())] = true;
  }
  return Done{};
}

Status choose_realm(const CaptureRequest& request, const Config& config, CaptureOrder& order) {
  if (!request.realm.empty()) {
    order.realm = config.find_realm(request.realm);
    if (!order.realm) {
      return unknown("realm", request.realm, names_of(config.ports, &PortConfig::realm));
    }
  }
  const std::string& direction = request.direction;
  if (!direction.empty() && direction != "in" && direction != "out") {
    return Error{ErrorKind::kUsage, "direction is in or out"};
  }
  if (!direction.empty() && !order.realm) {
    return Error{ErrorKind::kUsage, "direction needs a realm: whose?"};
  }
  order.came_in = direction != "out";
  order.leaves = direction != "in";
  return Done{};
}

Result<CaptureOrder> order_of(const CaptureRequest& request, const AppliancePart& appliance) {
  const auto loaded = appliance.live_table.current();
  CaptureOrder order;
  // Enough to find the names.
  order.snaplen = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(request.snaplen, kHeadBytes, UINT32_MAX));
  order.per_second = request.rule.empty() ? request.rate : 0;  // workers do not know rules
  for (const Status& status :
       {choose_filter(request, order), choose_hosts(request, *loaded->table, order),
        choose_drops(request, order), choose_realm(request, appliance.config, order)}) {
    if (!status) {
      return status.error();
    }
  }
  return order;
}

const char* name_of(Fate fate) {
  switch (fate) {
    case Fate::kSent:
      return "sent";
    case Fate::kDropped:
      return "dropped";
    case Fate::kToNatto:
      return "to natto";
    case Fate::kHeld:
      return "held";
    default:
      return "generated";
  }
}

std::string hex_of(std::span<const std::uint8_t> bytes, std::uint64_t snaplen) {
  return to_hex(bytes.first(std::min<std::size_t>(bytes.size(), snaplen)));
}

/// The system's time of TSC values, which drift apart in hours.
class NanosecondClock {
 public:
  [[nodiscard]] std::uint64_t unix_ns(std::uint64_t tsc) const {
    const auto age = static_cast<double>(static_cast<std::int64_t>(now_tsc_ - tsc));
    return now_ns_ - static_cast<std::uint64_t>(static_cast<std::int64_t>(
                         age * 1e9 / static_cast<double>(rte_get_tsc_hz())));
  }

 private:
  std::uint64_t now_tsc_ = rte_rdtsc();
  std::uint64_t now_ns_ =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
};

}  // namespace

/// What the workers copy, as lines. The server's thread.
class LiveCapture {
 public:
  LiveCapture(const AppliancePart& appliance, const CaptureRequest& request, CaptureOrder order)
      : appliance_(appliance),
        rule_(request.rule),
        snaplen_(request.snaplen),
        budget_(request.rate, rte_get_tsc_hz()),
        names_(appliance),
        taps_(std::make_shared<const CaptureTaps>(
            std::move(order), appliance.dataplane.counters.size(), kRingBytes)) {
    publish(taps_);
  }
  LiveCapture(const LiveCapture&) = delete;
  LiveCapture& operator=(const LiveCapture&) = delete;
  /// Control lets go of the taps when no worker has them any more.
  ~LiveCapture() { publish(std::make_shared<const CaptureTaps>()); }

  /// A line, or none.
  [[nodiscard]] std::string lines() {
    CaptureReport report;
    const NanosecondClock clock;
    std::size_t bytes = 0;
    while (CopyRing* ring = oldest()) {
      const auto record = ring->front();
      bytes += record.size();
      take(CopiedPacketView::of(record), clock, report);
      ring->pop();
      if (bytes >= kLineBytes) {
        break;
      }
    }
    const auto now = std::chrono::steady_clock::now();
    if (report.packets.empty() && now - said_ < kSilence) {
      return "";
    }
    said_ = now;
    report.over_rate = over_rate_;
    for (const auto& tap : taps_->taps()) {
      report.lost += tap->lost();
      report.over_rate += tap->over_rate();
    }
    return to_line(report) + "\n";
  }

 private:
  void publish(std::shared_ptr<const CaptureTaps> taps) const {
    appliance_.dataplane.capture.publish(std::move(taps), appliance_.dataplane.quiescence);
  }

  /// The ring whose first packet came first; null: all are empty.
  [[nodiscard]] CopyRing* oldest() const {
    CopyRing* oldest = nullptr;
    std::uint64_t first = UINT64_MAX;
    for (const auto& tap : taps_->taps()) {
      const auto record = tap->ring().front();
      if (record.empty()) {
        continue;
      }
      if (const std::uint64_t tsc = CopiedPacketView::of(record).packet.tsc; tsc < first) {
        first = tsc;
        oldest = &tap->ring();
      }
    }
    return oldest;
  }

  void take(const CopiedPacketView& view, const NanosecondClock& clock, CaptureReport& report) {
    const CopiedPacket& packet = view.packet;
    CapturedNames::Names names;
    if (packet.in.length > 0) {
      names = names_.of(view.in, packet.in.length, packet.in.realm, packet.version);
    }
    if (!rule_.empty() && names.rule != rule_) {
      return;
    }
    if (!budget_.take(packet.tsc)) {
      ++over_rate_;
      return;
    }
    std::vector<std::uint8_t> out(view.out.begin(), view.out.end());
    if (packet.checksums_left_to_port && out.size() == packet.out.length) {
      complete_checksums(out);
    }
    const auto realm = [&](const CopiedPacket::Side& side) {
      return side.length > 0 ? appliance_.config.ports[side.realm].realm : "";
    };
    const bool is_dropped = packet.fate == Fate::kDropped;
    report.packets.push_back({.id = ++packets_,
                              .at_ns = clock.unix_ns(packet.tsc),
                              .fate = name_of(packet.fate),
                              .reason = is_dropped ? std::string(info(packet.reason).name) : "",
                              .from = std::move(names.from),
                              .to = std::move(names.to),
                              .rule = std::move(names.rule),
                              .in_realm = realm(packet.in),
                              .in_length = packet.in.length,
                              .in_frame = hex_of(view.in, snaplen_),
                              .out_realm = realm(packet.out),
                              .out_length = packet.out.length,
                              .out_frame = hex_of(out, snaplen_)});
  }

  const AppliancePart& appliance_;  ///< Captures'
  const std::string rule_;
  const std::uint64_t snaplen_;
  PerSecond budget_;
  CapturedNames names_;
  std::uint64_t packets_ = 0;
  std::uint64_t over_rate_ = 0;
  std::chrono::steady_clock::time_point said_;
  std::shared_ptr<const CaptureTaps> taps_;
};

Result<Pieces> Captures::begin(const CaptureRequest& request, const Peer& peer) {
  if (!current_.expired()) {
    return system_error(
        fmt::format("somebody captures already: {}\n  there is one capture at a time: wait for its "
                    "end, or end it",
                    who_));
  }
  Result<CaptureOrder> order = order_of(request, appliance_);
  if (!order) {
    return order.error();
  }
  const auto capture = std::make_shared<LiveCapture>(appliance_, request, *std::move(order));
  current_ = capture;
  who_ = to_string(peer);
  return Pieces([capture] { return capture->lines(); });
}

}  // namespace natto::api
