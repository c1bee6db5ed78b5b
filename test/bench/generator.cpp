// Sends the packets of a capture at a steady rate, takes them back from whatever forwards them, and
// tells how many came back, and how long they were away: generator DEVICE CAPTURE
//
// It prints "ready" when the other end may connect. A line "PACKETS_PER_SECOND SECONDS" on its
// standard input is a trial, which it answers with one line of JSON. Packets are UDP over IPv4
// without options; they go out without an UDP checksum, and with the moment of sending in the first
// 8 bytes of their payload.

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <optional>
#include <span>
#include <vector>

#include "bench/histogram.hpp"
#include "dpdk/eal.hpp"
#include "dpdk/mempool.hpp"
#include "packet/wire.hpp"
#include "ports/port.hpp"
#include "support/bytes.hpp"
#include "support/reference.hpp"

using namespace natto;

namespace {

constexpr std::uint16_t kBurst = 32;
constexpr std::size_t kStampOffset = kIpv4Offset + sizeof(Ipv4Header) + sizeof(UdpHeader);
/// For what is still on its way when the last packet is sent.
constexpr double kDrainSeconds = 0.1;

std::uint64_t ticks(double seconds) {
  return static_cast<std::uint64_t>(seconds * static_cast<double>(rte_get_tsc_hz()));
}

double microseconds(std::uint64_t cycles) {
  return static_cast<double>(cycles) * 1e6 / static_cast<double>(rte_get_tsc_hz());
}

Result<std::vector<test::Bytes>> read_frames(const char* file) {
  std::array<char, PCAP_ERRBUF_SIZE> problem{};
  pcap_t* capture = pcap_open_offline(file, problem.data());
  if (capture == nullptr) {
    return input_error(problem.data());
  }
  std::vector<test::Bytes> frames;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  while (pcap_next_ex(capture, &header, &data) == 1) {
    if (header->caplen < kStampOffset + sizeof(std::uint64_t)) {
      continue;
    }
    test::write16(frames.emplace_back(data, data + header->caplen), kStampOffset - 2, 0);
  }
  pcap_close(capture);
  if (frames.empty()) {
    return input_error(fmt::format("{}: no packet has room for a time stamp", file));
  }
  return frames;
}

/// What became of the packets of one trial.
struct Trial {
  std::uint64_t offered = 0;      ///< sent, or refused by the other end's full queue
  std::uint64_t received = 0;     ///< of the offered ones
  std::uint64_t longest_gap = 0;  ///< TSC cycles between two receptions
  bench::Histogram away;          ///< TSC cycles
};

class Generator {
 public:
  Generator(const Port& port, rte_mempool* pool, std::vector<test::Bytes> frames)
      : port_(port), pool_(pool), frames_(std::move(frames)) {}

  Trial run(double rate, double seconds) {
    trial_ = {};
    begin_ = rte_rdtsc();
    last_reception_ = 0;
    const std::uint64_t end = begin_ + ticks(seconds);
    const double per_cycle = rate / static_cast<double>(rte_get_tsc_hz());
    std::uint64_t accounted = 0;
    for (std::uint64_t now = begin_; now < end + ticks(kDrainSeconds); now = rte_rdtsc()) {
      if (now < end) {
        const auto due =
            static_cast<std::uint64_t>(static_cast<double>(now - begin_) * per_cycle) - accounted;
        accounted += due;
        // What is overdue by more than a burst is given up: a burst that only this program's own
        // delay made would measure the other end's queue.
        send(static_cast<std::uint16_t>(std::min<std::uint64_t>(due, kBurst)), now);
      }
      receive();
    }
    return trial_;
  }

 private:
  void send(std::uint16_t count, std::uint64_t now) {
    std::array<rte_mbuf*, kBurst> burst;
    if (count == 0) {
      return;
    }
    trial_.offered += count;
    if (rte_pktmbuf_alloc_bulk(pool_, burst.data(), count) != 0) {
      return;
    }
    for (rte_mbuf* mbuf : std::span(burst).first(count)) {
      const test::Bytes& frame = frames_[next_];
      next_ = next_ + 1 == frames_.size() ? 0 : next_ + 1;
      char* data = rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size()));
      std::memcpy(data, frame.data(), frame.size());
      std::memcpy(data + kStampOffset, &now, sizeof(now));
    }
    const std::uint16_t sent = rte_eth_tx_burst(port_.id(), 0, burst.data(), count);
    rte_pktmbuf_free_bulk(burst.data() + sent, count - sent);
  }

  void receive() {
    std::array<rte_mbuf*, kBurst> burst;
    const std::uint16_t count = rte_eth_rx_burst(port_.id(), 0, burst.data(), kBurst);
    if (count == 0) {
      return;
    }
    const std::uint64_t now = rte_rdtsc();
    for (const rte_mbuf* mbuf : std::span(burst).first(count)) {
      count_received(*mbuf, now);
    }
    rte_pktmbuf_free_bulk(burst.data(), count);
  }

  void count_received(const rte_mbuf& mbuf, std::uint64_t now) {
    std::uint64_t sent_at = 0;
    if (mbuf.data_len >= kStampOffset + sizeof(sent_at)) {
      std::memcpy(&sent_at, rte_pktmbuf_mtod_offset(&mbuf, const std::uint8_t*, kStampOffset),
                  sizeof(sent_at));
    }
    if (sent_at < begin_ || sent_at > now) {
      return;  // of an earlier trial, or somebody else's
    }
    ++trial_.received;
    trial_.away.add(now - sent_at);
    if (last_reception_ != 0) {
      trial_.longest_gap = std::max(trial_.longest_gap, now - last_reception_);
    }
    last_reception_ = now;
  }

  const Port& port_;
  rte_mempool* pool_;
  std::vector<test::Bytes> frames_;
  std::size_t next_ = 0;
  std::uint64_t begin_ = 0;
  std::uint64_t last_reception_ = 0;
  Trial trial_;
};

void print(const Trial& trial) {
  const auto at = [&trial](double share) { return microseconds(trial.away.at(share)); };
  fmt::print(R"({{"offered": {}, "received": {}, "longest_gap_us": {:.1f}, "p50_us": {:.2f}, )"
             R"("p99_us": {:.2f}, "p99.9_us": {:.2f}, "p99.99_us": {:.2f}}})"
             "\n",
             trial.offered, trial.received, microseconds(trial.longest_gap), at(0.5), at(0.99),
             at(0.999), at(0.9999));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: generator DEVICE CAPTURE\n");
    return 2;
  }
  const auto fail = [](const Error& error) {
    fmt::print(stderr, "{}\n", error.message);
    return 1;
  };
  Result<std::vector<test::Bytes>> frames = read_frames(argv[2]);
  if (!frames) {
    return fail(frames.error());
  }
  const Result<Eal> eal = Eal::create({.main_lcore = 0, .memory_mib = 256, .hugepages = true});
  if (!eal) {
    return fail(eal.error());
  }
  const Result<Mempool> pool = create_mempool("generator", 16'384);
  if (!pool) {
    return fail(pool.error());
  }
  const Result<Port> port = Port::open({.device = argv[1], .pools = {pool->get()}});
  if (!port) {
    return fail(port.error());
  }
  Generator generator(*port, pool->get(), std::move(*frames));
  fmt::print("ready\n");
  std::fflush(stdout);
  double rate = 0;
  double seconds = 0;
  while (std::cin >> rate >> seconds) {
    print(generator.run(rate, seconds));
  }
  return 0;
}
