#include "record/refusal_ledger.hpp"

#include <algorithm>
#include <utility>

namespace natto {

RefusalLedger::RefusalLedger(Instant now, const Limits& limits)
    : limits_(limits), new_lines_left_(limits.new_lines), minute_ends_(now + limits.minute) {}

void RefusalLedger::count(const RefusedFlow& flow, const RefusedCount& packets, Instant now) {
  const RefusedFlowKey key = RefusedFlowKey::of(flow);
  if (const auto found = places_.find(key); found != places_.end()) {
    flows_.splice(flows_.begin(), flows_, found->second);
    flows_.front().untold += packets;
    flows_.front().last = now;
    return;
  }
  if (!make_room()) {
    give_up(flow, packets);
    return;
  }
  flows_.push_front({.flow = flow, .untold = packets, .last = now});
  places_.emplace(key, flows_.begin());
  if (new_lines_left_ > 0) {
    --new_lines_left_;
    lines_.push_back({Refusal::Kind::kNew, flow, packets});
    flows_.front().untold = {};
    flows_.front().told = true;
  }
}

void RefusalLedger::give_up(const RefusedFlow& flow, const RefusedCount& packets) {
  count_others(flow.reason, static_cast<std::int64_t>(packets.packets));
}

/// By forgetting the flow that was silent for longest, if all its packets are told.
bool RefusalLedger::make_room() {
  if (flows_.size() < limits_.flows) {
    return true;
  }
  if (flows_.back().untold.packets != 0) {
    return false;
  }
  forget_last();
  return true;
}

void RefusalLedger::forget_last() {
  places_.erase(RefusedFlowKey::of(flows_.back().flow));
  flows_.pop_back();
}

std::vector<Refusal> RefusalLedger::due(Instant now) {
  if (now >= minute_ends_) {
    end_minute();
    minute_ends_ = now + limits_.minute;
    while (!flows_.empty() && now - flows_.back().last >= limits_.memory) {
      forget_last();
    }
  }
  return std::exchange(lines_, {});
}

std::vector<Refusal> RefusalLedger::rest() {
  end_minute();
  return std::exchange(lines_, {});
}

void RefusalLedger::end_minute() {
  std::vector<Known*> going_on;
  for (Known& known : flows_) {
    if (known.untold.packets != 0) {
      going_on.push_back(&known);
    }
  }
  std::ranges::stable_sort(going_on, std::greater(),
                           [](const Known* known) { return known->untold.packets; });
  for (std::size_t i = 0; i < going_on.size(); ++i) {
    Known& known = *going_on[i];
    if (i < limits_.goes_on_lines) {
      const auto kind = known.told ? Refusal::Kind::kGoesOn : Refusal::Kind::kNew;
      lines_.push_back({kind, known.flow, known.untold});
      known.told = true;
    } else {
      give_up(known.flow, known.untold);
    }
    known.untold = {};
  }
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    if (others_[i] > 0) {
      lines_.push_back({.kind = Refusal::Kind::kOthers,
                        .flow = {.reason = static_cast<DropReason>(i)},
                        .count = {.packets = static_cast<std::uint64_t>(others_[i])}});
      others_[i] = 0;
    }
  }
  new_lines_left_ = limits_.new_lines;
}

}  // namespace natto
