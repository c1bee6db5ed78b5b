#include "dataplane/dataplane.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_lcore.h>

#include <algorithm>
#include <utility>

#include "config/packet_rules.hpp"
#include "dataplane/tap.hpp"
#include "packet/address_rules.hpp"

namespace natto {
namespace {

constexpr unsigned kToControlSize = 1024;
constexpr unsigned kToWorkerSize = 256;
constexpr unsigned kSoftwareRssSize = 512;

Result<std::vector<Ring>> create_software_rss_rings(std::size_t worker, std::size_t ports) {
  std::vector<Ring> rings;
  for (std::size_t i = 0; i < ports; ++i) {
    Result<Ring> created = create_ring(fmt::format("natto_h{}_{}", worker, i), kSoftwareRssSize);
    if (!created) {
      return created.error();
    }
    rings.push_back(std::move(*created));
  }
  return rings;
}

Result<Rings> create_rings(const std::vector<PortContext>& contexts, std::size_t workers) {
  const std::size_t ports = contexts.size();
  Rings rings;
  for (const auto& [name, ring] :
       {std::pair{"natto_arp", &rings.arp}, std::pair{"natto_own_address", &rings.own_address},
        std::pair{"natto_unresolved", &rings.unresolved},
        std::pair{"natto_to_answer", &rings.to_answer}}) {
    Result<Ring> created = create_ring(name, kToControlSize);
    if (!created) {
      return created.error();
    }
    *ring = std::move(*created);
  }
  for (std::size_t i = 0; i < ports; ++i) {
    Result<Ring> created = create_ring(fmt::format("natto_to_worker_{}", i), kToWorkerSize);
    if (!created) {
      return created.error();
    }
    rings.to_worker.push_back(std::move(*created));
  }
  if (workers > 1 && std::ranges::any_of(contexts, &PortContext::software_rss)) {
    rings.software_rss.resize(1);
    for (std::size_t worker = 1; worker < workers; ++worker) {
      Result<std::vector<Ring>> created = create_software_rss_rings(worker, ports);
      if (!created) {
        return created.error();
      }
      rings.software_rss.push_back(std::move(*created));
    }
  }
  return rings;
}

}  // namespace

PortContext make_port_context(const PortConfig& config, RealmId realm, const PortDevice& device,
                              bool any_unicast_mac) {
  return {.device = device.id,
          .realm = realm,
          .filter = filter_of(config, device.mac, any_unicast_mac),
          .rules = rules_of(config, realm),
          .computes_checksums = device.computes_checksums,
          .software_rss = device.software_rss,
          .directed_broadcast = is_directed_broadcast(config.address.last(), config.address)
                                    ? config.address.last()
                                    : Ipv4Address{}};
}

Result<std::unique_ptr<Dataplane>> make_dataplane(std::vector<PortContext> ports,
                                                  NextHopTable next_hops,
                                                  std::shared_ptr<const TranslationTable> table,
                                                  const IcmpConfig& icmp,
                                                  std::vector<rte_mempool*> pools) {
  const std::size_t workers = pools.size();
  Result<Quiescence> quiescence = Quiescence::create(static_cast<unsigned>(workers));
  if (!quiescence) {
    return quiescence.error();
  }
  Result<Rings> rings = create_rings(ports, workers);
  if (!rings) {
    return rings.error();
  }
  std::vector<TranslationCache> translation_caches;
  std::vector<PairCache> pair_caches;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    Result<TranslationCache> cache =
        TranslationCache::create(pools[worker]->socket_id, table->mappings());
    if (!cache) {
      return cache.error();
    }
    translation_caches.push_back(std::move(*cache));
    Result<PairCache> pairs = PairCache::create(pools[worker]->socket_id);
    if (!pairs) {
      return pairs.error();
    }
    pair_caches.push_back(std::move(*pairs));
  }
  const PortSet all = PortSet::first(ports.size());
  const bool clamps_mss = std::ranges::any_of(
      ports, [](const PortContext& port) { return port.rules.mss_clamp.has_value(); });
  return std::unique_ptr<Dataplane>(new Dataplane{
      .ports = std::move(ports),
      .clamps_mss = clamps_mss,
      .icmp = icmp,
      .pools = std::move(pools),
      .clock = CoarseClock(rte_get_tsc_hz(), rte_rdtsc()),
      .quiescence = std::move(*quiescence),
      .ports_in_use = all,
      .table = RcuPointer<TranslationTable>(std::move(table)),
      .next_hops =
          RcuPointer<NextHopTable>(std::make_unique<const NextHopTable>(std::move(next_hops))),
      .capture = RcuPointer<CaptureTaps>(std::make_shared<const CaptureTaps>()),
      .role = {},
      .rings = std::move(*rings),
      .counters = std::vector<Counters>(workers + 1),
      .drop_samples = std::vector<DropSamples>(workers + 1),
      .refused_flows = {},
      .activity = std::vector<WorkerActivity>(workers),
      .translation_caches = std::move(translation_caches),
      .pair_caches = std::move(pair_caches)});
}

void discard_for_workers(Dataplane& dataplane) noexcept {
  Counters& counters = dataplane.counters.back();
  const auto discard = [](const Ring& ring, auto count) {
    void* entry = nullptr;
    while (rte_ring_dequeue(ring.get(), &entry) == 0) {
      auto* packet = static_cast<rte_mbuf*>(entry);
      count(*packet);
      rte_pktmbuf_free(packet);
    }
  };
  for (const std::vector<Ring>& rings : dataplane.rings.software_rss) {
    for (const Ring& ring : rings) {
      discard(ring, [&](const rte_mbuf&) { counters.drop(DropReason::kWorkerQueueFull); });
    }
  }
  for (const Ring& ring : dataplane.rings.to_worker) {
    discard(ring, [&](const rte_mbuf& packet) {
      if (static_cast<Origin>(packet.hash.usr) == Origin::kForwarded) {
        counters.drop(DropReason::kTxRingFull);
      }
    });
  }
}

std::size_t ring_capacity(std::size_t ports, std::size_t workers) noexcept {
  return 4 * kToControlSize + ports * (kToWorkerSize + (workers - 1) * kSoftwareRssSize);
}

}  // namespace natto
