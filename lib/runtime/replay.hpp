#pragma once

// A replay of captures in this process: the appliance's ports, table, packet path and control, all
// on the calling thread, on any CPU and without hugepages.

#include <memory>

#include "base/result.hpp"
#include "config/model.hpp"
#include "dataplane/pipeline.hpp"
#include "runtime/foundation.hpp"
#include "runtime/packet_origins.hpp"
#include "table/mapping.hpp"

namespace natto {

class Replay {
 public:
  /// Starts DPDK, opens the ports and builds the table. The ports take frames for any unicast MAC
  /// address, since captures were made for another card, and none has a kernel interface. Main
  /// thread only, once per process.
  [[nodiscard]] static Result<std::unique_ptr<Replay>> create(const Config& config,
                                                              const MappingTable& table);
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  /// Handles packets until nothing is left to do.
  void drain();

  [[nodiscard]] CounterSums counters() const { return base_->counters(); }
  /// Of the packets that a realm's port has sent, in their order. Once.
  [[nodiscard]] std::vector<PacketOrigin> take_origins(RealmId realm) {
    return origins_->take_sent(realm);
  }

 private:
  Replay(Eal eal, std::unique_ptr<Foundation> base, std::unique_ptr<PacketOrigins> origins);

  // In the order in which each needs those before it.
  Eal eal_;
  std::unique_ptr<Foundation> base_;
  std::unique_ptr<PacketOrigins> origins_;
  Pipeline pipeline_;
};

}  // namespace natto
