#include "ports/resolver.hpp"

namespace natto {

Resolver::Resolver(ArpParty self, std::optional<Ipv4Address> gateway)
    : self_(self), gateway_(gateway) {
  if (gateway_) {
    neighbours_.try_emplace(*gateway_);
  }
}

bool Resolver::is_gateway(Ipv4Address address) const noexcept { return gateway_ == address; }

bool Resolver::want(Ipv4Address address) {
  if (neighbours_.contains(address)) {
    return true;
  }
  if (neighbours_.size() >= kMaxNeighbours) {
    return false;
  }
  neighbours_.try_emplace(address);
  return true;
}

bool Resolver::hear(const ArpParty& sender, Instant now) {
  const auto found = neighbours_.find(sender.address);
  if (found == neighbours_.end()) {
    return false;
  }
  Neighbour& neighbour = found->second;
  if (neighbour.mac != sender.mac) {
    neighbour.mac = sender.mac;
    ++version_;
  }
  neighbour.heard = now;
  neighbour.unanswered = 0;
  neighbour.silent = false;
  neighbour.doubted = false;
  return true;
}

void Resolver::doubt() noexcept {
  for (auto& [address, neighbour] : neighbours_) {
    neighbour.doubted = true;
  }
}

std::vector<ArpFrame> Resolver::due(Instant now) {
  std::vector<ArpFrame> requests;
  for (auto it = neighbours_.begin(); it != neighbours_.end();) {
    auto& [address, neighbour] = *it;
    const bool fresh = neighbour.mac && !neighbour.doubted && now < neighbour.heard + kRefreshAfter;
    const bool just_asked = neighbour.asked && now < *neighbour.asked + kRequestInterval;
    if (fresh || just_asked) {
      ++it;
      continue;
    }
    neighbour.silent = neighbour.unanswered >= kMaxUnanswered;
    if (neighbour.silent && !is_gateway(address)) {
      version_ += neighbour.mac ? 1U : 0U;
      it = neighbours_.erase(it);
      continue;
    }
    neighbour.asked = now;
    ++neighbour.unanswered;
    requests.push_back(make_arp(
        {.operation = ArpOperation::kRequest, .sender = self_, .target = {MacAddress{}, address}}));
    ++it;
  }
  return requests;
}

std::optional<MacAddress> Resolver::find(Ipv4Address address) const {
  const auto found = neighbours_.find(address);
  return found == neighbours_.end() ? std::nullopt : found->second.mac;
}

std::optional<Gateway> Resolver::gateway() const {
  if (!gateway_) {
    return std::nullopt;
  }
  const Neighbour& neighbour = neighbours_.at(*gateway_);
  return Gateway{.address = *gateway_, .mac = neighbour.mac, .silent = neighbour.silent};
}

std::vector<ArpParty> Resolver::known() const {
  std::vector<ArpParty> parties;
  for (const auto& [address, neighbour] : neighbours_) {
    if (neighbour.mac) {
      parties.push_back({*neighbour.mac, address});
    }
  }
  return parties;
}

}  // namespace natto
