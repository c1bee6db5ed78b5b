// What each stage of the packet path costs by itself, everything it touches in the caches: to judge
// a change in seconds. An iteration is a burst of 32 packets.

#include <benchmark/benchmark.h>
#include <rte_net.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "bench/two_ports.hpp"
#include "dataplane/checksum_offload.hpp"
#include "dataplane/pair_cache.hpp"
#include "dpdk/eal.hpp"
#include "dpdk/mempool.hpp"
#include "packet/plain.hpp"
#include "packet/plain_lanes.hpp"
#include "packet/rewrite.hpp"
#include "support/compiled_filter.hpp"
#include "support/packets.hpp"
#include "table/mapping.hpp"
#include "table/translation_table.hpp"

using namespace natto;

namespace {

constexpr std::uint32_t kMappings = 256;
constexpr benchmark::IterationCount kIterations = 100'000;  // scripts/bench-stages divides by it
constexpr FrameFilter kAnyMac{.mac = {}, .any_unicast_mac = true};

Ipv4Address real(std::uint32_t i) { return Ipv4Address::from_host(0x0a010000 + i); }
Ipv4Address mapped(std::uint32_t i) { return Ipv4Address::from_host(0xac1f0000 + i); }

void per_packet(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * std::int64_t{kBurst});
}

std::vector<test::Bytes> udp_frames() {
  return std::vector<test::Bytes>(kBurst, test::frame_of(test::make_udp({}, test::Bytes(18, 1))));
}

void checksum_1500_bytes(benchmark::State& state) {
  const test::Bytes bytes(1500, 7);
  for (auto _ : state) {
    benchmark::DoNotOptimize(ones_sum(bytes));
  }
}
BENCHMARK(checksum_1500_bytes)->Iterations(kIterations);

void parse_slow_path(benchmark::State& state) {
  const std::vector<test::Bytes> frames = udp_frames();
  ParsedPacket packet{};
  for (auto _ : state) {
    for (const test::Bytes& frame : frames) {
      benchmark::DoNotOptimize(parse(
          {.head = frame, .length = static_cast<std::uint32_t>(frame.size())}, kAnyMac, packet));
      benchmark::DoNotOptimize(packet);
    }
  }
  per_packet(state);
}
BENCHMARK(parse_slow_path)->Iterations(kIterations);

void look_at_one(benchmark::State& state) {
  const std::vector<test::Bytes> frames = udp_frames();
  const PlainShape shape(kAnyMac, {});
  for (auto _ : state) {
    for (const test::Bytes& frame : frames) {
      benchmark::DoNotOptimize(shape.look_at(frame));
    }
  }
  per_packet(state);
}
BENCHMARK(look_at_one)->Iterations(kIterations);

void look_at_lanes(benchmark::State& state) {
  const std::vector<test::Bytes> bytes = udp_frames();
  const PlainLanes<> lanes(PlainShape(kAnyMac, {}));
  std::array<std::uint32_t, kNativeLanes> packets;
  for (auto _ : state) {
    for (std::size_t i = 0; i < bytes.size(); i += kNativeLanes) {
      PlainLanes<>::Frames frames;
      for (std::size_t j = 0; j < kNativeLanes; ++j) {
        frames[j] = bytes[i + j].data();
      }
      lanes.look_at(frames, packets);
      benchmark::DoNotOptimize(packets);
    }
  }
  per_packet(state);
}
BENCHMARK(look_at_lanes)->Iterations(kIterations);

void rewrite_udp(benchmark::State& state) {
  std::vector<test::Bytes> frames = udp_frames();
  const NewAddresses addresses{real(1), mapped(1), ChecksumDelta{0x1234}};
  for (auto _ : state) {
    for (test::Bytes& frame : frames) {
      rewrite(frame, kPlainTransport[17], addresses);
      benchmark::ClobberMemory();
    }
  }
  per_packet(state);
}
BENCHMARK(rewrite_udp)->Iterations(kIterations);

/// The same where the port computes the checksums: what natto does, and what most drivers'
/// rte_eth_tx_prepare does.
void rewrite_udp_for_offload(benchmark::State& state) {
  const Mempool pool = create_mempool("stages", 1023).value();
  const test::Bytes frame = udp_frames().front();
  std::array<Mbuf, kBurst> packets;
  for (Mbuf& packet : packets) {
    packet.reset(rte_pktmbuf_alloc(pool.get()));
    std::ranges::copy(frame,
                      rte_pktmbuf_append(packet.get(), static_cast<std::uint16_t>(frame.size())));
  }
  const NewAddresses addresses{real(1), mapped(1), ChecksumDelta{0x1234}};
  for (auto _ : state) {
    for (const Mbuf& packet : packets) {
      packet->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
      const std::span head(rte_pktmbuf_mtod(packet.get(), std::uint8_t*), packet->data_len);
      benchmark::DoNotOptimize(leave_checksums_to_port(*packet, head));
      rewrite_addresses(head, addresses);
      benchmark::DoNotOptimize(rte_net_intel_cksum_prepare(packet.get()));
      benchmark::ClobberMemory();
    }
  }
  per_packet(state);
}
BENCHMARK(rewrite_udp_for_offload)->Iterations(kIterations);

MappingTable hosts_table(std::uint32_t hosts) {
  MappingTable table;
  for (std::uint32_t i = 0; i < hosts; ++i) {
    table.mappings.push_back({.name = std::to_string(i),
                              .realm = 0,
                              .real = {real(i), 32},
                              .mapped = {mapped(i), 32},
                              .line = i + 1});
  }
  return table;
}

void look_up_both_addresses(benchmark::State& state) {
  const auto table = TranslationTable::build(hosts_table(kMappings), 1, 1).value();
  std::array<TranslationTable::Query, 2 * kBurst> queries;
  for (std::uint32_t i = 0; i < kBurst; ++i) {
    queries[2 * i] = {real_scope(0), real(i * 7 % kMappings)};
    queries[2 * i + 1] = {kMappedScope, mapped(i * 5 % kMappings)};
  }
  std::array<const Translation*, 2 * kBurst> answers;
  for (auto _ : state) {
    table->look_up(queries, answers);
    benchmark::ClobberMemory();
  }
  per_packet(state);
}
BENCHMARK(look_up_both_addresses)->Iterations(kIterations);

void find_in_pair_cache(benchmark::State& state) {
  const auto hosts = static_cast<std::uint32_t>(state.range(0));
  const auto table = TranslationTable::build(hosts_table(hosts), 1, 1).value();
  PairCache cache = PairCache::create(0).value();
  cache.use(*table, 0);
  const PairCache::Reader reader = cache.reader();
  const auto keys = cache.keys_of_all(0);
  const auto pair_of = [](std::uint32_t i) {
    return std::bit_cast<AddressPair>(std::array{real(i), mapped(i)});
  };
  for (std::uint32_t i = 0; i < hosts; ++i) {
    cache.remember({.from = 0, .protocol = 17, .clamps_mss = false, .addresses = pair_of(i)}, {},
                   {}, *table);
  }
  std::array<CachedPair*, kBurst> places;
  std::uint32_t next = 0;
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < kBurst; ++i) {
      places[i] = reader.prefetch(keys.of(pair_of((next + i) * 7 % hosts), 17));
    }
    for (std::uint32_t i = 0; i < kBurst; ++i) {
      benchmark::DoNotOptimize(
          reader.find(keys.of(pair_of((next + i) * 7 % hosts), 17), places[i]));
    }
    next += kBurst;
  }
  per_packet(state);
}
BENCHMARK(find_in_pair_cache)->Iterations(kIterations)->Arg(64)->Arg(512)->Arg(65'536);

/// Whole polls, buffers and rings of the ports included.
void forward(benchmark::State& state, const test::Bytes& l3, const char* filter = nullptr) {
  bench::TwoPorts ports({{{.name = "a",
                           .realm = 0,
                           .real = {Ipv4Address::of(10, 1, 1, 10), 32},
                           .mapped = {Ipv4Address::of(172, 31, 1, 10), 32}},
                          {.name = "b",
                           .realm = 1,
                           .real = {Ipv4Address::of(192, 168, 7, 20), 32},
                           .mapped = {Ipv4Address::of(172, 30, 7, 20), 32}}}});
  if (filter != nullptr) {
    const auto program = test::compiled(filter);
    CaptureOrder order;
    order.filter = PacketFilter::load(program).value();
    order.conditions = necessary_conditions(program);
    ports.capture(std::move(order));
  }
  const test::Bytes frame = test::frame_of(l3);
  for (auto _ : state) {
    ports.forward(frame);
  }
  if (ports.forwarded() != static_cast<std::uint64_t>(state.iterations()) * kBurst) {
    state.SkipWithError("packets were lost");
  }
  per_packet(state);
}

void forward_fast_path(benchmark::State& state) {
  forward(state, test::make_udp({}, test::Bytes(18, 1)));
}
BENCHMARK(forward_fast_path)->Iterations(kIterations);

// The same while somebody captures packets that do not come.

void forward_capturing_host(benchmark::State& state) {
  forward(state, test::make_udp({}, test::Bytes(18, 1)), "host 10.9.9.9");
}
BENCHMARK(forward_capturing_host)->Iterations(kIterations);

void forward_capturing_port(benchmark::State& state) {
  forward(state, test::make_udp({}, test::Bytes(18, 1)), "port 443");
}
BENCHMARK(forward_capturing_port)->Iterations(kIterations);

/// Every packet is copied, twice.
void forward_capturing_all(benchmark::State& state) {
  forward(state, test::make_udp({}, test::Bytes(18, 1)), "host 10.1.1.10");
}
BENCHMARK(forward_capturing_all)->Iterations(kIterations);

/// What only the filter itself can tell.
void forward_capturing_length(benchmark::State& state) {
  forward(state, test::make_udp({}, test::Bytes(18, 1)), "greater 1000");
}
BENCHMARK(forward_capturing_length)->Iterations(kIterations);

/// With an option, which does nothing.
void forward_slow_path(benchmark::State& state) {
  forward(state, test::make_udp({.options = {1, 1, 1, 1}}, test::Bytes(18, 1)));
}
BENCHMARK(forward_slow_path)->Iterations(kIterations);

void forward_icmp_errors(benchmark::State& state) {
  const test::Bytes quoted =
      test::make_udp({.source = "172.30.7.20", .destination = "10.1.1.10"}, test::Bytes(18, 1));
  forward(state, test::make_icmp_error({}, 3, quoted));
}
BENCHMARK(forward_icmp_errors)->Iterations(kIterations);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const Result<Eal> eal = Eal::create({.any_cpu = true, .memory_mib = 128});
  if (!eal) {
    std::fputs(eal.error().message.c_str(), stderr);
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
