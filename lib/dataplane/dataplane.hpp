#pragma once

// What workers and control share, and which of them reads and writes what.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/address.hpp"
#include "base/coarse_clock.hpp"
#include "config/model.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/drop_samples.hpp"
#include "dataplane/next_hops.hpp"
#include "dataplane/pair_cache.hpp"
#include "dataplane/port_set.hpp"
#include "dataplane/rcu_pointer.hpp"
#include "dataplane/refused_flows.hpp"
#include "dataplane/role_state.hpp"
#include "dataplane/translation_cache.hpp"
#include "dataplane/worker_activity.hpp"
#include "dpdk/mempool.hpp"
#include "dpdk/ring.hpp"
#include "packet/parse.hpp"
#include "packet/port_rules.hpp"
#include "table/translation_table.hpp"

namespace natto {

class CaptureTaps;
class Port;

/// A port as the packet path knows it. Set before workers start, only read after. Aligned, so that
/// indexing takes a shift.
struct alignas(64) PortContext {
  std::uint16_t device;  ///< ethdev id
  RealmId realm;         ///< index in Dataplane::ports
  FrameFilter filter;    ///< filter.mac is the port's own
  PortRules rules;
  bool computes_checksums = false;  ///< of IPv4, TCP and UDP, of what it sends
  bool software_rss = false;        ///< worker 0 distributes what the hardware does not
  /// Of rules.address, where its subnet has one (else 0.0.0.0, which no packet may have).
  Ipv4Address directed_broadcast = {};
};

/// Whether a packet that control gives to a worker came in from a port (and counts as translated
/// when it is sent) or was made by natto. Kept in mbuf::hash.usr.
enum class Origin : std::uint32_t { kForwarded, kGenerated };

/// Why a packet in Rings::to_answer was dropped. Kept in mbuf::hash.usr.
struct AnswerTag {
  DropReason reason;
  std::uint16_t next_hop_mtu;  ///< of the port it should have left by; 0 where that is unknown

  [[nodiscard]] static AnswerTag of(const rte_mbuf& mbuf) noexcept {
    return {static_cast<DropReason>(mbuf.hash.usr & 0xffU),
            static_cast<std::uint16_t>(mbuf.hash.usr >> 16U)};
  }
  void put(rte_mbuf& mbuf) const noexcept {
    mbuf.hash.usr = std::uint32_t{next_hop_mtu} << 16U | static_cast<std::uint32_t>(reason);
  }
};

/// In the packets that go to control, mbuf::port holds a RealmId: of unresolved the one the packet
/// goes to, of the others the one it came from. The other rings are by realm, and nobody looks at
/// mbuf::port. A flood of one kind of packet fills the ring of that kind alone.
struct Rings {
  Ring arp;                     ///< workers -> control
  Ring own_address;             ///< workers -> control: packets for natto's own addresses
  Ring unresolved;              ///< workers -> control: translated, but the next hop is unknown
  Ring to_answer;               ///< workers -> control: dropped, and the sender is to be told why
  std::vector<Ring> to_worker;  ///< control -> worker 0, by realm: complete frames to send
  /// worker 0 -> the others, by worker and realm: received from a port with software_rss. None
  /// for worker 0, and none at all if no port spreads.
  std::vector<std::vector<Ring>> software_rss;
};

struct Dataplane {
  std::vector<PortContext> ports;   ///< by RealmId
  bool clamps_mss;                  ///< a port of them does (PortRules); read only
  IcmpConfig icmp;                  ///< read only
  std::vector<rte_mempool*> pools;  ///< by worker, on its NUMA node; control uses the first
  CoarseClock clock;                ///< read only
  Quiescence quiescence;
  std::atomic<PortSet> ports_in_use;   ///< control writes, workers read; see port_set.hpp
  RcuPointer<TranslationTable> table;  ///< the reloader publishes, workers read
  RcuPointer<NextHopTable> next_hops;  ///< control publishes, workers read
  RcuPointer<CaptureTaps> capture;     ///< the API publishes, workers read; see tap.hpp
  RoleState role;                      ///< the API writes, control reads
  Rings rings;
  std::vector<Counters> counters;  ///< by worker, each written by its own; the last is control's
  std::vector<DropSamples> drop_samples;             ///< likewise
  std::vector<RefusedFlows> refused_flows;           ///< by worker; none: no record is kept
  std::vector<WorkerActivity> activity;              ///< by worker, each written by its own
  std::vector<TranslationCache> translation_caches;  ///< by worker, each used by its own alone
  std::vector<PairCache> pair_caches;                ///< likewise
};

/// What the packet path needs to know of a device; see PortContext.
struct PortDevice {
  std::uint16_t id;
  MacAddress mac;
  bool computes_checksums = false;
  bool software_rss = false;
};

/// `config`'s port as the packet path knows it. `any_unicast_mac`: see FrameFilter.
[[nodiscard]] PortContext make_port_context(const PortConfig& config, RealmId realm,
                                            const PortDevice& device, bool any_unicast_mac);

/// What control and as many workers as there are `pools` share; `table` was built for as many.
/// Control side; fails if there is too little memory.
[[nodiscard]] Result<std::unique_ptr<Dataplane>> make_dataplane(
    std::vector<PortContext> ports, NextHopTable next_hops,
    std::shared_ptr<const TranslationTable> table, const IcmpConfig& icmp,
    std::vector<rte_mempool*> pools);

/// Drops what waits in rings for workers, none of which runs any more; counted as control's.
void discard_for_workers(Dataplane& dataplane) noexcept;

/// Packets that all Rings can hold at once, for `ports` ports and `workers` workers.
[[nodiscard]] std::size_t ring_capacity(std::size_t ports, std::size_t workers) noexcept;

}  // namespace natto
