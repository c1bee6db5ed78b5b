#include "ports/port_recovery.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace natto {

std::optional<PortRecovery::Notice> PortRecovery::step(Instant now) {
  // In this order: a driver that gives up says that it wants a reset before it stops recovering.
  const bool recovering = signals_.is_recovering();
  const State before = state();
  hear_wish();
  if (before == State::kRecovering && must_reset_) {
    return Notice{true, "its driver could not recover it: natto resets it"};
  }
  if (phase_ == Phase::kInUse) {
    in_use_since_ = in_use_since_.value_or(now);
    return recovering || must_reset_ ? std::optional(leave(now)) : std::nullopt;
  }
  if (phase_ == Phase::kLeaving && port_.is_left()) {
    phase_ = Phase::kOutOfUse;
  }
  if (phase_ == Phase::kLeaving || recovering) {
    return std::nullopt;
  }
  if (!must_reset_) {
    ++recoveries_;
    come_back();
    return Notice{false, "in use again: its driver has recovered it"};
  }
  return pause_is_over(now) ? std::optional(try_reset()) : std::nullopt;
}

PortRecovery::State PortRecovery::state() const noexcept {
  if (phase_ == Phase::kInUse) {
    return State::kInUse;
  }
  if (!must_reset_) {
    return State::kRecovering;
  }
  return failed_in_a_row_ >= kDeadAfter ? State::kDead : State::kResetting;
}

void PortRecovery::hear_wish() {
  if (const ResetCause wish = signals_.take_reset_wish(); wish != ResetCause::kNone) {
    must_reset_ = true;
    cause_ = wish;
  }
}

PortRecovery::Notice PortRecovery::leave(Instant now) {
  port_.take_out_of_use();
  phase_ = Phase::kLeaving;
  next_reset_.reset();
  if (now - *in_use_since_ >= kCalm) {
    pause_ = Instant{0};
  }
  return {true, !must_reset_ ? "out of use while its driver recovers it"
                : cause_ == ResetCause::kCountersTold
                    ? "out of use: its driver needs a reset, and does not ask for it"
                    : "out of use: its driver asks for a reset"};
}

/// The pause begins with the first step after what made it necessary: a reset takes its time.
bool PortRecovery::pause_is_over(Instant now) {
  next_reset_ = next_reset_.value_or(now + pause_);
  return now >= *next_reset_;
}

PortRecovery::Notice PortRecovery::try_reset() {
  hear_wish();  // what was asked for until now, this reset answers
  const Status done = port_.reset();
  const bool seems_dead = !done && failed_in_a_row_ + 1 >= kDeadAfter;
  pause_ = std::clamp(2 * pause_, kFirstPause, seems_dead ? kLongestPauseWhenDead : kLongestPause);
  if (!done) {
    return failed(done.error());
  }
  ++resets_;
  failed_in_a_row_ = 0;
  must_reset_ = false;
  come_back();
  return {false, "in use again: reset, and set up as it was"};
}

PortRecovery::Notice PortRecovery::failed(const Error& error) {
  ++failed_resets_;
  ++failed_in_a_row_;
  next_reset_.reset();
  if (failed_in_a_row_ == kDeadAfter) {
    return {true, fmt::format("its device seems dead, {} resets in a row have failed: natto goes "
                              "on trying, and with its other ports; stop and start the instance, "
                              "or replace the network card: {}",
                              kDeadAfter, error.message)};
  }
  return {true, fmt::format("reset failed, the next attempt is in {} ms: {}", pause_.count(),
                            error.message)};
}

void PortRecovery::come_back() {
  phase_ = Phase::kInUse;
  in_use_since_.reset();
  port_.put_into_use();
}

}  // namespace natto
