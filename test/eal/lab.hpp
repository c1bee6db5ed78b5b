#pragma once

// A data plane on DPDK ring devices: tests put packets in, poll, and take packets out. Two realms,
// "a" with 10.1.0.1/16 and "b" with 192.168.0.1/16, both with a static next hop unless asked.

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/control.hpp"
#include "dataplane/pipeline.hpp"
#include "reload/loaded_table.hpp"
#include "support/bytes.hpp"
#include "table/policy_compiler.hpp"

namespace natto::test {

/// The pool that every EAL test uses; main checks after each test that all buffers are back.
[[nodiscard]] rte_mempool* shared_pool();

/// A packet of `bytes` in buffers of the given sizes, the rest in as few as hold it.
[[nodiscard]] rte_mbuf* make_mbuf(const Bytes& bytes, const std::vector<std::size_t>& cuts = {});
/// The packet's bytes, all segments joined. Frees it.
[[nodiscard]] Bytes take_bytes(rte_mbuf* mbuf);

inline constexpr RealmId kA = 0;
inline constexpr RealmId kB = 1;
inline constexpr MacAddress kNextHopA{{2, 0, 0, 0, 0, 0xa0}};
inline constexpr MacAddress kNextHopB{{2, 0, 0, 0, 0, 0xb0}};

[[nodiscard]] Mapping make_mapping(std::string name, RealmId realm, const char* real,
                                   const char* mapped);

/// The table as a LiveTable has it, for one worker.
[[nodiscard]] std::shared_ptr<const LoadedTable> make_version(std::uint64_t number,
                                                              std::vector<Mapping> mappings,
                                                              std::string digest = "",
                                                              PolicyRules rules = {});
/// With its policy compiled.
[[nodiscard]] MappingTable make_table(std::vector<Mapping> mappings, PolicyRules rules = {});
[[nodiscard]] Endpoint endpoint_of(const Mapping& mapping);

/// Makes `version` what `dataplane`, in which no worker runs yet, has published.
void start_with(Dataplane& dataplane, const LoadedTable& version);

class Lab {
 public:
  struct Options {
    std::vector<Mapping> mappings = {make_mapping("host-a", kA, "10.1.1.10", "172.31.1.10"),
                                     make_mapping("host-b", kB, "192.168.7.20", "172.30.7.20")};
    PolicyRules rules = {};  ///< between the two realms
    bool static_next_hops = true;
    SourceNotMapped source_not_mapped = SourceNotMapped::kDrop;
    Hairpin hairpin = Hairpin::kAllow;
    std::uint16_t mtu = 1500;
    std::optional<std::uint16_t> tcp_mss_clamp = std::nullopt;  ///< of the port of b
    IcmpConfig icmp = {.errors_per_second = 1'000'000, .error_burst = 1'000'000};
    unsigned tx_capacity = 1023;  ///< packets that a queue takes before its ring is full
    std::size_t workers = 1;      ///< each with a queue of every port; polled in turn
    bool software_rss = false;    ///< see PortContext
    std::optional<std::string> kernel_interface = std::nullopt;  ///< of the port of a
    bool records_refusals = false;
  };

  explicit Lab(const Options& options);
  /// Ring devices in place of the config's.
  Lab(const Config& config, const MappingTable& table) : Lab(config, table, Options{}) {}
  Lab() : Lab(Options{}) {}
  ~Lab();

  /// The packet arrives at a queue of the port of `realm`.
  void receive(RealmId realm, rte_mbuf* mbuf, std::size_t queue = 0);
  void receive(RealmId realm, const Bytes& frame) { receive(realm, make_mbuf(frame)); }
  /// The next packet of every flow takes the slow path.
  void forget_flows();
  /// Everything that was received goes through natto; `now` is control's time.
  void run(Instant now = Instant{0});
  /// What left by the port of `realm` since the last call, by queue, each in order.
  [[nodiscard]] std::vector<std::vector<Bytes>> sent_by_queue(RealmId realm);
  /// The same, of all queues.
  [[nodiscard]] std::vector<Bytes> sent(RealmId realm);

  [[nodiscard]] CounterSums counters() const;
  [[nodiscard]] std::uint64_t dropped(DropReason reason) const;
  [[nodiscard]] const MacAddress& mac(RealmId realm) const;

  Dataplane& dataplane() { return *dataplane_; }
  Pipeline& pipeline(std::size_t worker = 0) { return *pipelines_[worker]; }
  Control& control() { return *control_; }

 private:
  Lab(const Config& config, const MappingTable& table, const Options& options);

  struct Link {
    std::vector<Ring> rx;  ///< by queue
    std::vector<Ring> tx;  ///< by queue
    std::uint16_t device;
  };
  [[nodiscard]] Link make_link(std::size_t queues, unsigned tx_capacity);
  void send_what_control_made();

  std::vector<Link> links_;
  std::unique_ptr<Dataplane> dataplane_;
  std::vector<std::unique_ptr<Pipeline>> pipelines_;  ///< by worker
  std::optional<Control> control_;
};

}  // namespace natto::test
