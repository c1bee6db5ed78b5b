#pragma once

// Keeps one port working while the appliance runs: resets it when its driver reports a failure, and
// follows its link: as the driver sees it, or the kernel if the device is on one of its interfaces.
// Every change is logged and shown.

#include <rte_ethdev.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "dataplane/dataplane.hpp"
#include "netdev/interface_watch.hpp"
#include "ports/port.hpp"
#include "ports/port_recovery.hpp"

namespace natto {

enum class PortState : std::uint8_t {
  kUp,
  kLinkDown,       ///< in use, but its driver or the kernel reports that the link is down
  kInterfaceGone,  ///< in use, but nothing comes and goes any more: the kernel's interface has
                   ///< ended
  kRecovering,     ///< out of use while its driver recovers it
  kResetting,      ///< out of use until a reset succeeds
  kDead,           ///< so many resets have failed that none may ever succeed
};

/// The state of a port, and what happened to it since start.
struct PortStatus {
  PortState state = PortState::kUp;
  std::chrono::system_clock::time_point since;  ///< in this state
  LinkState link;
  std::uint64_t link_losses = 0;  ///< times that the link went down
  std::uint64_t resets = 0;
  std::uint64_t failed_resets = 0;
  std::uint64_t recoveries = 0;  ///< by the driver
  ResetCause reset_cause = ResetCause::kNone;
};

class PortSupervisor final : private RecoverablePort {
 public:
  /// The link is read when the driver or the kernel reports a change, and this often in any case.
  static constexpr Instant kLinkInterval{1'000};

  /// Listens to the driver of `port`, the started one of `realm` in `dataplane`; both live longer.
  /// `name` stands in the log. Main lcore.
  [[nodiscard]] static Result<std::unique_ptr<PortSupervisor>> create(std::string name, Port& port,
                                                                      RealmId realm,
                                                                      Dataplane& dataplane);
  ~PortSupervisor();

  /// Does what is due at `now`. Returns whether the link has come back. Main lcore only, since
  /// drivers put their timers where the port is started. Never waits for workers; a reset takes as
  /// long as the driver takes, and what on_reset() was given.
  bool step(Instant now);
  /// Calls `told` after each reset that succeeds, before workers use the port again. Before the
  /// first step().
  void on_reset(std::function<void()> told) { on_reset_ = std::move(told); }
  /// The port's driver needs a reset, as its counters tell. Main lcore.
  void needs_reset() noexcept { heard_.signals.reset_wanted(ResetCause::kCountersTold); }

  /// Any thread: what the driver reports, which step() then acts on.
  void hear(rte_eth_event_type event) noexcept;

  /// Any thread.
  [[nodiscard]] PortStatus status() const;

 private:
  PortSupervisor(std::string name, Port& port, RealmId realm, Dataplane& dataplane);

  /// What the driver's callbacks write, on its threads.
  struct Heard {
    DriverSignals signals;
    std::atomic<bool> link_changed{false};
  };

  [[nodiscard]] Status listen();
  void watch_interface();
  static int on_event(std::uint16_t device, rte_eth_event_type event, void* self,
                      void* result) noexcept;
  [[nodiscard]] LinkState follow_link(Instant now);
  [[nodiscard]] LinkState read_link();
  void tell_of_link(const LinkState& link, const LinkState& before);
  [[nodiscard]] bool is_gone() const;
  void show(const LinkState& link);

  void take_out_of_use() override;
  bool is_left() override;
  Status reset() override;
  void put_into_use() override;

  const std::string name_;
  Port& port_;
  const RealmId realm_;
  Dataplane& dataplane_;
  Heard heard_;
  PortRecovery recovery_;
  std::function<void()> on_reset_ = [] {};
  std::uint64_t grace_period_ = 0;           ///< token of the Quiescence
  std::optional<InterfaceWatch> interface_;  ///< of the kernel, if the device is on one
  bool told_of_replacement_ = false;
  Instant link_due_{};
  mutable std::mutex mutex_;  ///< guards status_, which control alone writes
  PortStatus status_;
};

}  // namespace natto
