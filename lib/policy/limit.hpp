#pragma once

// A limit on packets or bits a second that holds over all workers. The workers draw shares from one
// bucket and spend each at leisure, so that they write to a common cache line once a share and not
// once a packet.
//
// rte_meter's colours would need a lock, or a limit per worker: RSS, not the limit, decides which
// worker gets a packet.

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/counter.hpp"

namespace natto {

/// How much a second, and how much at once, in packets or bytes.
struct LimitRate {
  std::uint64_t per_second = 0;   ///< 0: no limit
  std::uint32_t burst_ms = 0;     ///< at least 1: what this time brings may pass at once …
  std::uint64_t least_burst = 1;  ///< … or this, if it is more: the largest packet
};

/// Gives out shares of a rate. As the theoretical arrival time of ATM's leaky bucket (ITU-T I.371),
/// in one word: the moment up to which everything is given out.
class alignas(64) SharedBucket {
 public:
  /// No share is larger, nor is it smaller where there is no limit.
  static constexpr std::int64_t kLargestShare = std::int64_t{1} << 22U;

  SharedBucket() noexcept = default;
  SharedBucket(LimitRate rate, std::uint64_t ticks_per_second) noexcept {
    if (rate.per_second == 0) {
      return;
    }
    constexpr std::uint64_t kSharesOfBurst = 64;
    const double per_tick =
        static_cast<double>(rate.per_second) / static_cast<double>(ticks_per_second);
    const auto ticks_of = [per_tick](std::uint64_t amount) {
      return static_cast<std::uint64_t>(static_cast<double>(amount) / per_tick + 0.5);
    };
    const std::uint64_t burst = std::max(rate.least_burst, rate.per_second * rate.burst_ms / 1000);
    share_ = std::clamp<std::uint64_t>(burst / kSharesOfBurst, 1, kLargestShare);
    share_ticks_ = ticks_of(share_);
    burst_ticks_ = std::max(ticks_of(burst), share_ticks_);
  }

  /// A share, or 0 if none is left at `now`. Any worker.
  [[nodiscard]] std::int64_t draw(std::uint64_t now) noexcept {
    if (share_ == 0) {
      return kLargestShare;
    }
    std::uint64_t given = given_out_.load(std::memory_order_relaxed);
    while (true) {
      const std::uint64_t next = std::max(given, now - std::min(now, burst_ticks_)) + share_ticks_;
      if (next > now) {
        return 0;
      }
      if (given_out_.compare_exchange_weak(given, next, std::memory_order_relaxed)) {
        return static_cast<std::int64_t>(share_);
      }
    }
  }

 private:
  std::atomic<std::uint64_t> given_out_ = 0;
  std::uint64_t share_ = 0;  ///< packets or bytes
  std::uint64_t share_ticks_ = 0;
  std::uint64_t burst_ticks_ = 0;
};

/// What all workers have of a limit together.
struct LimitBuckets {
  SharedBucket packets;
  SharedBucket bytes;  ///< of IPv4 packets
};

/// What one worker has left of its shares, and what it counted. Written by that worker alone.
class alignas(64) LimitShare {
 public:
  Counter passed_packets;
  Counter passed_bytes;
  Counter over_packets;
  Counter over_bytes;

  /// Whether a packet may pass at `now`; takes nothing. A packet may take more than is left: what
  /// is owed comes from the next shares.
  [[nodiscard]] bool has(LimitBuckets& buckets, std::uint64_t now) noexcept {
    return (left_ & kNothingLeft) == 0 || fill(buckets, now);
  }
  /// A packet that may pass does. It is counted as well: see count_passed().
  void take(std::uint32_t bytes) noexcept { left_ -= kPacket - bytes; }
  void count_passed(std::uint64_t packets, std::uint64_t bytes) noexcept {
    passed_packets.add(packets);
    passed_bytes.add(bytes);
  }
  void count_over(std::uint32_t bytes) noexcept {
    over_packets.add(1);
    over_bytes.add(bytes);
  }

 private:
  // What is left of both, in one word, so that it takes one subtraction: above, the packets less
  // one; below, half of what fits less the bytes, so that owing some borrows nothing from the
  // packets. The highest bit of each is set where nothing is left.
  static constexpr unsigned kBytesBits = 40;
  static constexpr std::uint64_t kPacket = std::uint64_t{1} << kBytesBits;
  static constexpr std::uint64_t kHalf = kPacket / 2;
  static constexpr std::uint64_t kNothingLeft = std::uint64_t{1} << 63U | kHalf;
  static_assert(SharedBucket::kLargestShare < std::int64_t{1} << (63U - kBytesBits));

  [[nodiscard]] static std::uint64_t pack(std::int64_t packets, std::int64_t bytes) noexcept {
    return static_cast<std::uint64_t>(packets - 1) << kBytesBits |
           (kHalf - static_cast<std::uint64_t>(bytes));
  }

  [[gnu::noinline]] bool fill(LimitBuckets& buckets, std::uint64_t now) noexcept {
    std::int64_t packets = (static_cast<std::int64_t>(left_) >> kBytesBits) + 1;
    std::int64_t bytes = static_cast<std::int64_t>(kHalf - left_ % kPacket);
    const bool filled = fill(packets, buckets.packets, now) && fill(bytes, buckets.bytes, now);
    left_ = pack(packets, bytes);
    return filled;
  }
  static bool fill(std::int64_t& left, SharedBucket& bucket, std::uint64_t now) noexcept {
    while (left <= 0) {
      const std::int64_t share = bucket.draw(now);
      if (share == 0) {
        return false;
      }
      left += share;
    }
    return true;
  }

  std::uint64_t left_ = pack(0, 0);
};

}  // namespace natto
