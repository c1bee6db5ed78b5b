// Limits: no worker's share and no bucket gives out more than the rate allows. Each draw is looked
// at by itself, from any state; the sum follows (doc/proof.md).

#include "policy/limit.hpp"

#include <algorithm>

#include "proof/proof.hpp"

using namespace natto;
using namespace natto::proof;

namespace {

/// What a SharedBucket is made of, in the order that limit.hpp declares it in.
struct BucketState {
  std::uint64_t given_out;
  std::uint64_t share;
  std::uint64_t share_ticks;
  std::uint64_t burst_ticks;
};

BucketState state_of(const SharedBucket& bucket) {
  BucketState state;
  std::memcpy(&state, reinterpret_cast<const std::uint8_t*>(&bucket), sizeof(state));
  return state;
}

}  // namespace

/// A draw that gives moves the time up to which all is given out by the share's ticks, from no
/// earlier than a burst ago, to no later than now; one that gives nothing changes nothing. So what
/// is given between t0 and t1 takes at most (t1 - t0) + burst ticks.
PROPERTY(limit_draw) {
  BucketState before = any<BucketState>("bucket");
  const auto now = any<std::uint64_t>("now");
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62U;  // ticks of a century
  before.given_out %= kMost;
  before.share = before.share % SharedBucket::kLargestShare + 1;
  before.share_ticks %= kMost;
  before.burst_ticks %= kMost;
  if (now >= kMost || before.burst_ticks < before.share_ticks) {
    return;
  }
  SharedBucket bucket;
  std::memcpy(reinterpret_cast<std::uint8_t*>(&bucket), &before, sizeof(before));
  const std::int64_t drawn = bucket.draw(now);
  const BucketState after = state_of(bucket);
  PROVE(after.share == before.share && after.share_ticks == before.share_ticks);
  const std::uint64_t earliest = now > before.burst_ticks ? now - before.burst_ticks : 0;
  const std::uint64_t begin = std::max(before.given_out, earliest);
  if (drawn == 0) {
    PROVE(after.given_out == before.given_out && begin + before.share_ticks > now);
  } else {
    PROVE(static_cast<std::uint64_t>(drawn) == before.share);
    PROVE(after.given_out == begin + before.share_ticks && after.given_out <= now);
  }
}

/// What is left of packets and of bytes is taken from without one borrowing of the other: after any
/// number up to eight of packets, the share says that it has nothing exactly where one of both is
/// used up. The bucket is empty, so that nothing is drawn.
PROPERTY(limit_share) {
  const auto bytes = any<std::uint16_t>("bytes");
  const auto left_packets = any<std::int32_t>("packets");
  const auto left_bytes = any<std::int32_t>("left_bytes");
  if (left_packets < 0 || left_packets > SharedBucket::kLargestShare || left_bytes < -65'535 ||
      left_bytes > SharedBucket::kLargestShare) {
    return;
  }
  // As LimitShare::pack() has it: the last word.
  LimitShare share;
  LimitBuckets buckets;
  const BucketState none{.given_out = 1, .share = 1, .share_ticks = 1, .burst_ticks = 1};
  std::memcpy(reinterpret_cast<std::uint8_t*>(&buckets.packets), &none, sizeof(none));
  std::memcpy(reinterpret_cast<std::uint8_t*>(&buckets.bytes), &none, sizeof(none));
  const std::uint64_t word =
      static_cast<std::uint64_t>(std::int64_t{left_packets} - 1) << 40U |
      ((std::uint64_t{1} << 39U) - static_cast<std::uint64_t>(std::int64_t{left_bytes}));
  constexpr std::size_t kWord = 4 * sizeof(Counter);
  std::memcpy(reinterpret_cast<std::uint8_t*>(&share) + kWord, &word, sizeof(word));

  std::int64_t packets = left_packets;
  std::int64_t rest = left_bytes;
  const std::size_t taken = pick(4, "taken");
  for (std::size_t i = 0; i < taken; ++i) {
    const bool has = share.has(buckets, 1);
    PROVE(has == (packets > 0 && rest > 0));
    if (!has) {
      return;
    }
    share.take(bytes);
    --packets;
    rest -= bytes;
  }
}
