#pragma once

// Handles ARP, next hops, packets for natto's own addresses, and the ICMP errors that natto makes.
// Runs on the main lcore. A packet that is forwarded comes here only if its next hop is unknown.

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "control/announcer.hpp"
#include "control/kernel_path.hpp"
#include "dataplane/dataplane.hpp"
#include "dpdk/mempool.hpp"
#include "ports/resolver.hpp"

namespace natto {

/// What control knows of a port beyond its PortContext.
struct PortNeighbourhood {
  std::optional<Ipv4Address> gateway;
  std::optional<MacAddress> static_mac;  ///< takes every packet; nothing is resolved
};

[[nodiscard]] std::vector<PortNeighbourhood> neighbourhoods_of(const Config& config);

/// The NextHopTable before anything was resolved.
[[nodiscard]] NextHopTable initial_next_hops(const std::vector<PortContext>& ports,
                                             const std::vector<PortNeighbourhood>& neighbourhoods);

class Control {
 public:
  /// Packets that wait for their next hop: per port at most this many, for at most this long (R25).
  static constexpr std::size_t kMaxWaiting = 64;
  static constexpr Instant kMaxWait{3'000};

  /// `counters`: control's own in `dataplane`.
  Control(Dataplane& dataplane, std::vector<PortNeighbourhood> neighbourhoods);

  /// From now on `interface` gets the packets for natto's own address in `realm` that natto does
  /// not answer, and what it sends leaves by the port: `packets_per_second` each way at most. Call
  /// it before the first step, for a port whose rules have reaches_kernel.
  void connect_kernel(RealmId realm, KernelInterface interface, std::uint32_t packets_per_second);

  /// Does everything that is due at `now`. Main lcore only; never waits. Returns the packets taken
  /// from workers.
  std::size_t step(Instant now);

  /// The link of a port came back: its neighbours may have changed. Main lcore only.
  void link_came_back(RealmId realm) { neighbourhoods_[realm].resolver.doubt(); }

  /// The hosts on the link of `realm` are told that `addresses` are here, as far as natto answers
  /// for them; see Announcer. None: they are told no more. Main lcore only.
  void announce(RealmId realm, std::vector<Ipv4Prefix> addresses) {
    neighbourhoods_[realm].announcer.begin(std::move(addresses));
  }
  /// Announcements that are still to be sent, of all ports. Main lcore only.
  [[nodiscard]] std::uint64_t to_announce() const noexcept;

  /// The port's gateway, unless it has none or a static MAC takes every packet. Main lcore only.
  [[nodiscard]] std::optional<Gateway> gateway(RealmId realm) const {
    return neighbourhoods_[realm].resolver.gateway();
  }

  /// After the workers have stopped: takes what they left in the rings, and counts the packets that
  /// still wait as dropped.
  void finish(Instant now);

 private:
  struct Waiting {
    Mbuf packet;
    Ipv4Address next_hop;
    Instant since;
  };
  struct Neighbourhood {
    PortNeighbourhood settings;
    Resolver resolver;
    std::vector<Waiting> waiting;
    unsigned published_version = 0;
    std::optional<KernelPath> kernel = std::nullopt;
    Announcer announcer = {};
  };

  std::size_t serve_workers(Instant now);
  std::size_t take_arp(Instant now);
  std::size_t take_own_address(Instant now);
  std::size_t take_unresolved(Instant now);
  std::size_t take_to_answer();
  void handle_arp(Mbuf packet, const PortContext& port, Instant now);
  void handle_own_address(Mbuf packet, const PortContext& port, Instant now);
  void handle_unresolved(Mbuf packet, const PortContext& port, Instant now);
  void send_icmp_error(const rte_mbuf& about, const PortContext& port);
  void send_announcements(const PortContext& port, Instant now);
  void request_neighbours(const PortContext& port, Instant now);
  void publish_next_hops();
  void send_waiting(const PortContext& port, Instant now);
  void send_for_kernel(const PortContext& port, Instant now);

  [[nodiscard]] bool answers_arp_for(Ipv4Address address, const PortContext& port) const;
  /// Whether there is room for what can wait.
  [[nodiscard]] bool has_spare_room(const PortContext& port) const;
  void drop(Mbuf packet, DropReason reason, const PortContext& port, Way way);
  void send_frame(std::span<const std::uint8_t> frame, const PortContext& port);
  void send_to_next_hop(Mbuf packet, const PortContext& port, const MacAddress& next_hop);
  /// Returns the packet if there is no room for it, else null.
  Mbuf inject(Mbuf packet, const PortContext& port, Origin origin);

  Dataplane& dataplane_;
  Counters& counters_;
  DropSamples& drop_samples_;
  std::vector<Neighbourhood> neighbourhoods_;  ///< by realm
};

}  // namespace natto
