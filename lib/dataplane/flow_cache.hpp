#pragma once

// What one worker did to recent packets. Most packets belong to a flow that was seen a moment ago,
// and all that the table, the next stages and the counters need for them lies in one cache line.

#include <rte_prefetch.h>

#include <array>
#include <cstdint>
#include <utility>

#include "base/result.hpp"
#include "dataplane/generation.hpp"
#include "dpdk/memory.hpp"
#include "packet/rewrite.hpp"

namespace natto {

/// A flow lies in the cache line that its addresses' hash names, or if there is no room, in that
/// line's neighbour: four ways, of which look-ups mostly touch two. It forgets everything when the
/// table changes, so it never says anything but what the table of now says.
///
/// Used by one worker.
class FlowCache {
 public:
  /// A packet's source and destination: the eight bytes as they lie in it.
  using Key = std::uint64_t;

  /// What becomes of packets with some Key from some realm, both of whose addresses are mapped.
  struct Flow {
    NewAddresses addresses;
    RealmId out;                        ///< they leave by this port
    std::uint32_t source_mapping;       ///< index in the MappingTable
    std::uint32_t destination_mapping;  ///< index in the MappingTable
  };

  struct Entry {
    Key key;
    std::uint32_t tag;  ///< epoch and realm; no look-up has the epoch 0
    Flow flow;
  };
  /// A cache line.
  using Line = std::array<Entry, 2>;
  static_assert(sizeof(Line) == 64);

  static constexpr unsigned kLog2Lines = 17;
  static constexpr std::size_t kLines = std::size_t{1} << kLog2Lines;
  /// Of DPDK's memory: 8 MiB.
  static constexpr std::size_t kBytes = kLines * sizeof(Line);

  /// Looks up flows of packets from one realm, as long as the cache is not told of another table.
  class Reader {
   public:
    /// The line that most likely holds `key`; asks the CPU to bring it.
    [[nodiscard]] Line* prefetch(Key key) const noexcept {
      // A multiplication brings every bit of the key to the top.
      Line* line = &lines_[((key ^ tag_) * 0x9e3779b97f4a7c15U) >> (64U - kLog2Lines)];
      rte_prefetch0(line);
      return line;
    }

    /// What is remembered of `key`, whose line is `line`; null: nothing.
    [[nodiscard]] const Flow* find(Key key, const Line& line) const noexcept {
      if (const Flow* flow = find_in(line, key)) [[likely]] {
        return flow;
      }
      return find_in(neighbour(line), key);
    }

   private:
    friend class FlowCache;
    Reader(Line* lines, std::uint32_t tag) noexcept : lines_(lines), tag_(tag) {}

    [[nodiscard]] const Flow* find_in(const Line& line, Key key) const noexcept {
      for (const Entry& entry : line) {
        if (entry.key == key && entry.tag == tag_) {
          return &entry.flow;
        }
      }
      return nullptr;
    }
    [[nodiscard]] Line& neighbour(const Line& line) const noexcept {
      return lines_[static_cast<std::size_t>(&line - lines_) ^ 1U];
    }

    Line* lines_;
    std::uint32_t tag_;
  };

  /// Control side: allocates kBytes.
  [[nodiscard]] static Result<FlowCache> create(int socket);

  /// Before the look-ups of a burst that is answered by the generation with this serial number.
  void use(std::uint64_t generation_serial) noexcept {
    if (generation_serial != serial_) [[unlikely]] {
      forget();
      serial_ = generation_serial;
    }
  }

  /// Remembers `flow`, of `key`, whose line is `line`, for packets from `realm`: where there is
  /// room, or else, one time in eight, in place of the one that was remembered longest ago. So a
  /// flow that lasts finds its place, and a scan of addresses does not wash out those that have
  /// one.
  void remember(RealmId realm, Key key, Line& line, const Flow& flow) noexcept;

  [[nodiscard]] Reader reader(RealmId realm) const noexcept { return {lines_.get(), tag(realm)}; }

 private:
  static constexpr unsigned kRealmBits = 8;

  explicit FlowCache(RteArray<Line> lines) noexcept : lines_(std::move(lines)) {}

  [[nodiscard]] std::uint32_t tag(RealmId realm) const noexcept {
    return epoch_ << kRealmBits | realm;
  }
  void forget() noexcept;

  RteArray<Line> lines_;
  std::uint64_t serial_ = 0;
  std::uint32_t crowded_ = 0;  ///< times that there was no room
  std::uint32_t epoch_ = 0;    ///< counts the tables, of 24 bits; 0 in entries that were never used
};

}  // namespace natto
