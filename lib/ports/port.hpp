#pragma once

#include <rte_mbuf.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "ports/port_plan.hpp"

namespace natto {

struct LinkState {
  bool up = false;
  std::uint32_t speed_mbps = 0;  ///< 0: the driver does not say (ENA never does)
};

/// A started ethdev port. Control thread only; workers use id() with the burst calls.
class Port {
 public:
  /// Probes (vdevs), configures by plan_port() and starts the device.
  [[nodiscard]] static Result<Port> open(const PortOptions& options);

  /// Restarts the device and applies the same plan. No worker may poll it meanwhile. May be called
  /// again if it fails. Packets in its queues are lost. Takes up to seconds (ENA).
  [[nodiscard]] Status reset();

  [[nodiscard]] std::uint16_t id() const noexcept { return handle_.id; }
  /// With its devargs.
  [[nodiscard]] const std::string& device() const noexcept { return device_; }
  [[nodiscard]] const MacAddress& mac() const noexcept { return mac_; }
  /// What is in use. Any thread.
  [[nodiscard]] const PortPlan& plan() const noexcept { return plan_; }
  /// As the driver sees it now, without waiting.
  [[nodiscard]] LinkState link() const;
  /// The kernel's interface that a vdev is on, by its index; 0: it is on none.
  [[nodiscard]] unsigned interface() const noexcept { return interface_; }

 private:
  /// Stops and closes the device when its owner goes.
  struct Handle {
    explicit Handle(std::uint16_t port) noexcept : id(port) {}
    Handle(Handle&& other) noexcept : id(other.id), owner(std::exchange(other.owner, false)) {}
    Handle& operator=(Handle&&) = delete;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle();

    std::uint16_t id;
    bool owner = true;
  };

  Port(std::uint16_t id, const PortOptions& options, PortPlan plan)
      : handle_(id), device_(options.device), pools_(options.pools), plan_(std::move(plan)) {}
  [[nodiscard]] Status bring_up();
  [[nodiscard]] Status set_up_queues();
  [[nodiscard]] Result<MacAddress> read_mac() const;

  Handle handle_;
  std::string device_;
  std::vector<rte_mempool*> pools_;  ///< by queue
  PortPlan plan_;
  MacAddress mac_{};
  unsigned interface_ = 0;
};

}  // namespace natto
