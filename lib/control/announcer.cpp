#include "control/announcer.hpp"

#include <algorithm>
#include <utility>

namespace natto {

void Announcer::begin(std::vector<Ipv4Prefix> addresses) {
  prefixes_ = std::move(addresses);
  addresses_ = 0;
  for (const Ipv4Prefix& prefix : prefixes_) {
    addresses_ = std::min<std::uint64_t>(kMaxAddresses, addresses_ + prefix.addresses());
  }
  rounds_left_ = addresses_ == 0 ? 0 : kRounds;
  announced_ = 0;
  prefix_ = 0;
  host_ = 0;
  round_began_.reset();
}

std::optional<Ipv4Address> Announcer::next(Instant now) {
  if (rounds_left_ == 0) {
    return std::nullopt;
  }
  if (announced_ == 0) {
    if (round_began_ && now < *round_began_ + kRoundInterval) {
      return std::nullopt;
    }
    round_began_ = now;
  }
  if (!pace_.take(static_cast<std::uint64_t>(now.count()) * 1'000)) {
    return std::nullopt;
  }
  const Ipv4Prefix& prefix = prefixes_[prefix_];
  const auto address = Ipv4Address::from_host(prefix.address.host() + host_);
  if (++host_ == prefix.addresses()) {
    host_ = 0;
    ++prefix_;
  }
  if (++announced_ == addresses_) {
    announced_ = prefix_ = host_ = 0;
    --rounds_left_;
  }
  return address;
}

std::uint64_t Announcer::left() const noexcept { return rounds_left_ * addresses_ - announced_; }

}  // namespace natto
