#include "netdev/interface_watch.hpp"

#include <linux/rtnetlink.h>

#include <utility>

#include "netdev/ethtool.hpp"

namespace natto {

Result<InterfaceWatch> InterfaceWatch::open(unsigned index, bool can_move) {
  Result<Rtnetlink> kernel = Rtnetlink::open(RTMGRP_LINK);
  if (!kernel) {
    return kernel.error();
  }
  InterfaceWatch watch(std::move(*kernel), index, can_move);
  watch.look();
  return watch;
}

InterfaceWatch::InterfaceWatch(Rtnetlink kernel, unsigned index, bool can_move)
    : kernel_(std::move(kernel)), index_(index), can_move_(can_move), state_(out_of_sight()) {}

InterfaceWatch::State InterfaceWatch::out_of_sight() const noexcept {
  return can_move_ ? State::kElsewhere : State::kGone;
}

bool InterfaceWatch::hear() {
  const auto before = std::pair(state_, replaced_);
  if (!kernel_.receive([this](const RtnetlinkMessage& message) { take(message); })) {
    look();
  }
  return before != std::pair(state_, replaced_);
}

void InterfaceWatch::look() {
  kernel_.ask_for(index_);
  kernel_.receive([this](const RtnetlinkMessage& message) { take(message); });
}

void InterfaceWatch::take(const RtnetlinkMessage& message) {
  if (message.type == NLMSG_ERROR && state_ != State::kGone) {
    state_ = out_of_sight();
    return;
  }
  const auto interface = parse_interface(message);
  if (!interface) {
    return;
  }
  if (interface->index == index_) {
    take_news_of_itself(message, *interface);
  } else if (state_ == State::kGone && interface->name == name_) {
    replaced_ = message.type == RTM_NEWLINK;
  }
}

void InterfaceWatch::take_news_of_itself(const RtnetlinkMessage& message,
                                         const NetInterface& interface) {
  if (state_ == State::kGone && !name_.empty()) {
    return;  // one that took its number, or itself back from another namespace: the device's is
             // gone
  }
  name_ = interface.name;
  if (message.type == RTM_NEWLINK) {
    state_ = interface.up ? State::kUp : State::kDown;
  } else {
    state_ = interface.has_moved ? out_of_sight() : State::kGone;
  }
}

std::uint32_t InterfaceWatch::speed_mbps() const { return speed_of(kernel_.descriptor(), name_); }

}  // namespace natto
