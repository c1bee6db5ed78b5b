#include "dataplane/refused_flows.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <span>

#include "dpdk/crc32c.hpp"
#include "packet/glance.hpp"

namespace natto {

RefusedFlows::RefusedFlows() : millisecond_(rte_get_tsc_hz() / 1000) {}

void RefusedFlows::count(DropReason reason, const rte_mbuf& packet, RealmId realm) noexcept {
  std::array<std::uint8_t, kGlanceBytes> scratch;
  const auto readable = std::min<std::uint32_t>(packet.pkt_len, scratch.size());
  const auto* bytes =
      static_cast<const std::uint8_t*>(rte_pktmbuf_read(&packet, 0, readable, scratch.data()));
  const RefusedPacket refused = refused_packet({bytes, readable}, realm, reason);
  const RefusedFlowKey key = RefusedFlowKey::of(refused.flow);

  Set& set = sets_[(crc32c(key.addresses) ^ crc32c(key.rest)) % kSets];
  const std::uint32_t reading = readings_.load(std::memory_order_relaxed);
  Entry* silent = nullptr;
  for (Entry& entry : set) {
    if (entry.addresses.load(std::memory_order_relaxed) == key.addresses &&
        entry.rest.load(std::memory_order_relaxed) >> kSourcePortBits == key.rest) {
      const auto add = [](std::atomic<std::uint64_t>& number, std::uint64_t n) {
        number.store(number.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
      };
      entry.last_reading = reading;
      add(entry.packets, 1);
      add(entry.bytes, refused.bytes);
      return;
    }
    if (silent == nullptr && reading - entry.last_reading >= 2) {
      silent = &entry;
    }
  }
  if (silent != nullptr) {
    silent->last_reading = reading;
    take(*silent, key, refused);
  }
}

// Who sees a new word sees that the version is odd, too.
void RefusedFlows::take(Entry& entry, const RefusedFlowKey& key,
                        const RefusedPacket& first) noexcept {
  const std::uint32_t version = entry.version.load(std::memory_order_relaxed);
  entry.version.store(version + 1, std::memory_order_relaxed);
  entry.addresses.store(key.addresses, std::memory_order_release);
  entry.rest.store(key.rest << kSourcePortBits | first.flow.source_port, std::memory_order_release);
  entry.packets.store(1, std::memory_order_release);
  entry.bytes.store(first.bytes, std::memory_order_release);
  entry.version.store(version + 2, std::memory_order_release);
}

void RefusedFlowsReader::read(const Visit& visit) {
  flows_.readings_.fetch_add(1, std::memory_order_relaxed);
  Seen* seen = seen_.data();
  for (const RefusedFlows::Set& set : flows_.sets_) {
    for (const RefusedFlows::Entry& entry : set) {
      read(entry, *seen++, visit);
    }
  }
}

void RefusedFlowsReader::read(const RefusedFlows::Entry& entry, Seen& seen, const Visit& visit) {
  const std::uint32_t version = entry.version.load(std::memory_order_acquire);
  if (version == 0 || version % 2 != 0) {
    return;  // if it is being given away, the next reading sees it
  }
  const std::uint64_t addresses = entry.addresses.load(std::memory_order_acquire);
  const std::uint64_t rest = entry.rest.load(std::memory_order_acquire);
  const RefusedCount count{entry.packets.load(std::memory_order_acquire),
                           entry.bytes.load(std::memory_order_acquire)};
  if (entry.version.load(std::memory_order_relaxed) != version) {
    return;
  }
  const RefusedCount since = version == seen.version ? count - seen.count : count;
  seen = {version, count};
  if (since.packets != 0) {
    const RefusedFlowKey key{addresses, rest >> RefusedFlows::kSourcePortBits};
    visit(key.flow(static_cast<std::uint16_t>(rest)), since);
  }
}

}  // namespace natto
