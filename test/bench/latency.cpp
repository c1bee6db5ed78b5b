// The other end of a memif: sends packets at a steady rate, takes them back from whatever forwards
// them, and prints how long they were away. Usage: latency SOCKET PACKETS_PER_SECOND SECONDS
//
// It prints "ready" when the other end may connect. The packets are UDP without a checksum from
// 10.1.0.1 to 172.31.0.2; each carries the moment when it was sent.

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "dpdk/eal.hpp"
#include "dpdk/mempool.hpp"
#include "packet/wire.hpp"
#include "ports/port.hpp"
#include "support/packets.hpp"

using namespace natto;

namespace {

constexpr std::uint16_t kBurst = 32;
constexpr std::size_t kPayloadOffset = kIpv4Offset + sizeof(Ipv4Header) + sizeof(UdpHeader);

/// Not measured: the other end is starting, and its caches are cold.
constexpr double kWarmUpSeconds = 1;
constexpr double kPatienceSeconds = 20;

class Stopwatch {
 public:
  Stopwatch(const Port& port, rte_mempool* pool, double rate, double seconds)
      : port_(port),
        pool_(pool),
        interval_(static_cast<std::uint64_t>(static_cast<double>(rte_get_tsc_hz()) / rate)),
        duration_(ticks(seconds)),
        begin_(rte_rdtsc() + ticks(kPatienceSeconds)) {
    times_.reserve(static_cast<std::size_t>(rate * seconds) + 1);
  }

  void run() {
    std::uint64_t next = rte_rdtsc();
    for (std::uint64_t now = next; now < begin_ + duration_ + ticks(0.1); now = rte_rdtsc()) {
      if (now >= next && now < begin_ + duration_) {
        send(now);
        next = std::max(next + interval_, now);
      }
      receive();
    }
  }

  void print() {
    std::ranges::sort(times_);
    const auto at = [this](double share) {
      const auto index = static_cast<std::size_t>(share * static_cast<double>(times_.size()));
      return times_.empty() ? 0.0
                            : static_cast<double>(times_[std::min(index, times_.size() - 1)]) *
                                  1e6 / static_cast<double>(rte_get_tsc_hz());
    };
    fmt::print(
        R"({{"sent": {}, "received": {}, "p50_us": {:.2f}, "p99_us": {:.2f}, "p99.9_us": {:.2f}}})"
        "\n",
        sent_, times_.size(), at(0.5), at(0.99), at(0.999));
  }

 private:
  static test::Bytes frame_to_stamp() {
    test::Bytes frame = test::frame_of(test::make_udp(
        {.source = "10.1.0.1", .destination = "172.31.0.2"}, test::Bytes(sizeof(std::uint64_t))));
    test::write16(frame, kPayloadOffset - 2, 0);  // UDP: there is no checksum
    return frame;
  }
  static std::uint64_t ticks(double seconds) {
    return static_cast<std::uint64_t>(seconds * static_cast<double>(rte_get_tsc_hz()));
  }

  void send(std::uint64_t now) {
    rte_mbuf* mbuf = rte_pktmbuf_alloc(pool_);
    if (mbuf == nullptr) {
      return;
    }
    std::memcpy(frame_.data() + kPayloadOffset, &now, sizeof(now));
    std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame_.size())), frame_.data(),
                frame_.size());
    if (rte_eth_tx_burst(port_.id(), 0, &mbuf, 1) == 0) {
      rte_pktmbuf_free(mbuf);
    } else if (now >= begin_) {
      ++sent_;
    }
  }

  void receive() {
    std::array<rte_mbuf*, kBurst> burst;
    const std::uint16_t count = rte_eth_rx_burst(port_.id(), 0, burst.data(), kBurst);
    const std::uint64_t now = rte_rdtsc();
    if (count > 0 && !connected_) {
      connected_ = true;
      begin_ = now + ticks(kWarmUpSeconds);
    }
    for (rte_mbuf* mbuf : std::span(burst).first(count)) {
      if (mbuf->data_len >= kPayloadOffset + sizeof(std::uint64_t)) {
        std::uint64_t sent_at;
        std::memcpy(&sent_at, rte_pktmbuf_mtod_offset(mbuf, std::uint8_t*, kPayloadOffset),
                    sizeof(sent_at));
        if (sent_at >= begin_) {
          times_.push_back(now - sent_at);
        }
      }
      rte_pktmbuf_free(mbuf);
    }
  }

  const Port& port_;
  rte_mempool* pool_;
  std::uint64_t interval_;
  std::uint64_t duration_;
  std::uint64_t begin_;  ///< of what is measured
  bool connected_ = false;
  test::Bytes frame_ = frame_to_stamp();
  std::size_t sent_ = 0;
  std::vector<std::uint64_t> times_;  ///< TSC cycles
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: latency SOCKET PACKETS_PER_SECOND SECONDS\n");
    return 2;
  }
  const auto fail = [](const Error& error) {
    fmt::print(stderr, "{}\n", error.message);
    return 1;
  };
  const Result<Eal> eal = Eal::create({.main_lcore = 0, .memory_mib = 256, .hugepages = true});
  if (!eal) {
    return fail(eal.error());
  }
  const Result<Mempool> pool = create_mempool("latency", 16'384);
  if (!pool) {
    return fail(pool.error());
  }
  const Result<Port> port = Port::open(
      {.device = fmt::format("net_memif0,role=server,socket={}", argv[1]), .pools = {pool->get()}});
  if (!port) {
    return fail(port.error());
  }
  Stopwatch stopwatch(*port, pool->get(), std::strtod(argv[2], nullptr),
                      std::strtod(argv[3], nullptr));
  fmt::print("ready\n");
  std::fflush(stdout);
  stopwatch.run();
  stopwatch.print();
  return 0;
}
