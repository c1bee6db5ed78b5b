#include "ports/port_supervisor.hpp"

#include <fmt/format.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "dpdk/error.hpp"
#include "dpdk/log.hpp"

namespace natto {
namespace {

constexpr std::array kPortEvents = {RTE_ETH_EVENT_INTR_RESET, RTE_ETH_EVENT_ERR_RECOVERING,
                                    RTE_ETH_EVENT_RECOVERY_SUCCESS, RTE_ETH_EVENT_RECOVERY_FAILED,
                                    RTE_ETH_EVENT_INTR_LSC};

PortState state_of(PortRecovery::State recovery, bool gone, const LinkState& link) noexcept {
  switch (recovery) {
    case PortRecovery::State::kRecovering:
      return PortState::kRecovering;
    case PortRecovery::State::kResetting:
      return PortState::kResetting;
    case PortRecovery::State::kDead:
      return PortState::kDead;
    case PortRecovery::State::kInUse:
      break;
  }
  return gone ? PortState::kInterfaceGone : link.up ? PortState::kUp : PortState::kLinkDown;
}

std::string describe(const LinkState& link) {
  return link.up && link.speed_mbps != 0 ? fmt::format("link up, {} Mbit/s", link.speed_mbps)
         : link.up                       ? "link up"
                                         : "link down";
}

std::string in_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

Result<std::unique_ptr<PortSupervisor>> PortSupervisor::create(std::string name, Port& port,
                                                               RealmId realm,
                                                               Dataplane& dataplane) {
  std::unique_ptr<PortSupervisor> supervisor(
      new PortSupervisor(std::move(name), port, realm, dataplane));
  if (const Status status = supervisor->listen(); !status) {
    return status.error();
  }
  supervisor->watch_interface();
  return supervisor;
}

PortSupervisor::PortSupervisor(std::string name, Port& port, RealmId realm, Dataplane& dataplane)
    : name_(std::move(name)),
      port_(port),
      realm_(realm),
      dataplane_(dataplane),
      recovery_(heard_.signals, *this),
      status_{.since = std::chrono::system_clock::now(), .link = {.up = true}} {}

PortSupervisor::~PortSupervisor() {
  for (const rte_eth_event_type event : kPortEvents) {
    // Refused only while the callback runs, which is short.
    while (rte_eth_dev_callback_unregister(port_.id(), event, on_event, this) == -EAGAIN) {
    }
  }
}

Status PortSupervisor::listen() {
  for (const rte_eth_event_type event : kPortEvents) {
    if (const int error = rte_eth_dev_callback_register(port_.id(), event, on_event, this);
        error < 0) {
      return dpdk_error("listen to the driver of", name_, error);
    }
  }
  return Done{};
}

void PortSupervisor::watch_interface() {
  if (port_.interface() == 0) {
    return;
  }
  const bool can_move = port_.plan().driver == "net_tap";
  Result<InterfaceWatch> watch = InterfaceWatch::open(port_.interface(), can_move);
  if (!watch) {
    log(LogLevel::kWarning, "{}: its link is as the driver sees it: {}", name_,
        watch.error().message);
    return;
  }
  interface_.emplace(std::move(*watch));
}

int PortSupervisor::on_event(std::uint16_t /*device*/, rte_eth_event_type event, void* self,
                             void* /*result*/) noexcept {
  static_cast<PortSupervisor*>(self)->hear(event);
  return 0;
}

// The driver may be in the middle of something and hold its locks: nothing is done here.
void PortSupervisor::hear(rte_eth_event_type event) noexcept {
  auto& [signals, link_changed] = heard_;
  switch (event) {
    case RTE_ETH_EVENT_INTR_RESET:
      signals.reset_wanted(ResetCause::kDriverAsked);
      break;
    case RTE_ETH_EVENT_RECOVERY_FAILED:
      signals.reset_wanted(ResetCause::kRecoveryFailed);
      break;
    case RTE_ETH_EVENT_ERR_RECOVERING:
      signals.recovering();
      break;
    case RTE_ETH_EVENT_RECOVERY_SUCCESS:
      signals.recovered();
      break;
    case RTE_ETH_EVENT_INTR_LSC:
      link_changed.store(true);
      break;
    default:
      break;
  }
}

bool PortSupervisor::step(Instant now) {
  if (auto notice = recovery_.step(now)) {
    log(notice->is_trouble ? LogLevel::kWarning : LogLevel::kInfo, "{}: {}", name_,
        in_one_line(std::move(notice->text)));
  }
  const LinkState before = status_.link;  // written by this thread alone
  const LinkState link = follow_link(now);
  tell_of_link(link, before);
  show(link);
  return link.up && !before.up;
}

/// The link as it is, if it is time to look, else as it was. A device that is reset is left alone.
LinkState PortSupervisor::follow_link(Instant now) {
  const bool interface_changed = interface_ && interface_->hear();
  if (recovery_.state() != PortRecovery::State::kInUse ||
      (now < link_due_ && !interface_changed && !heard_.link_changed.exchange(false))) {
    return status_.link;
  }
  link_due_ = now + kLinkInterval;
  return read_link();
}

LinkState PortSupervisor::read_link() {
  if (!interface_) {
    return port_.link();
  }
  interface_->look();
  switch (interface_->state()) {
    case InterfaceWatch::State::kElsewhere:
      return {.up = true};  // nobody here knows better; net_tap says that it is down
    case InterfaceWatch::State::kUp:
      return {.up = true, .speed_mbps = interface_->speed_mbps()};
    case InterfaceWatch::State::kDown:
    case InterfaceWatch::State::kGone:
      break;
  }
  return {};
}

void PortSupervisor::tell_of_link(const LinkState& link, const LinkState& before) {
  if (is_gone() && status_.state != PortState::kInterfaceGone) {
    log(LogLevel::kWarning,
        "{}: the interface {} is gone, deleted or moved to another network namespace, and its link "
        "with it: bring it back, then restart natto",
        name_, interface_->name());
  } else if (link.up != before.up || link.speed_mbps != before.speed_mbps) {
    log(link.up ? LogLevel::kInfo : LogLevel::kWarning, "{}: {}", name_, describe(link));
  }
  const bool replaced = interface_ && interface_->is_replaced();
  if (replaced && !std::exchange(told_of_replacement_, replaced)) {
    log(LogLevel::kWarning,
        "{}: there is an interface {} again, which natto does not use yet: "
        "restart natto",
        name_, interface_->name());
  }
}

bool PortSupervisor::is_gone() const {
  return interface_ && interface_->state() == InterfaceWatch::State::kGone;
}

void PortSupervisor::show(const LinkState& link) {
  const PortState state = state_of(recovery_.state(), is_gone(), link);
  const std::lock_guard lock(mutex_);
  if (std::exchange(status_.state, state) != state) {
    status_.since = std::chrono::system_clock::now();
  }
  if (const LinkState before = std::exchange(status_.link, link); before.up && !link.up) {
    ++status_.link_losses;
  }
  status_.resets = recovery_.resets();
  status_.failed_resets = recovery_.failed_resets();
  status_.recoveries = recovery_.recoveries();
  status_.reset_cause = recovery_.cause();
}

PortStatus PortSupervisor::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void PortSupervisor::take_out_of_use() {
  std::atomic<PortSet>& in_use = dataplane_.ports_in_use;
  in_use.store(in_use.load(std::memory_order_relaxed).without(realm_), std::memory_order_release);
  grace_period_ = dataplane_.quiescence.start();
}

bool PortSupervisor::is_left() { return dataplane_.quiescence.passed(grace_period_); }

Status PortSupervisor::reset() {
  Status done = port_.reset();
  if (done) {
    on_reset_();
  }
  return done;
}

void PortSupervisor::put_into_use() {
  std::atomic<PortSet>& in_use = dataplane_.ports_in_use;
  in_use.store(in_use.load(std::memory_order_relaxed).with(realm_), std::memory_order_release);
}

}  // namespace natto
