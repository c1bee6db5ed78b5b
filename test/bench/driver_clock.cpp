// An EAL plug-in for measurements on an ENA card in software: `-d driver_clock.so`. It puts itself
// between a program, natto or testpmd, and the driver's burst functions, as the program starts its
// port.
//
// A worker that receives nothing lets the card take its turn, on the worker's core: the card fills
// the receive ring, the worker empties it. No cache line travels between cores, and the kernel does
// nothing.
//
// Cycles of the calls that moved packets are counted from half a second after the start on, and
// written as JSON, again and again, to the file that DRIVER_CLOCK names: net_ena may crash as
// testpmd closes it. There may be one worker.

#include <dlfcn.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include "base/counter.hpp"

namespace {

const char* file_name = nullptr;
std::uint64_t warm_at = 0;

/// Of the worker, which alone adds to them.
struct Calls {
  natto::Counter count;
  natto::Counter packets;
  natto::Counter cycles;

  std::uint16_t add(std::uint64_t begin, std::uint16_t moved) {
    if (moved != 0 && begin > warm_at) {
      cycles.add(rte_rdtsc() - begin);
      packets.add(moved);
      count.add(1);
    }
    return moved;
  }
};

void (*card_turn)() = nullptr;
// Of all ports: the driver has one set of functions.
eth_rx_burst_t driver_receive;
eth_tx_burst_t driver_transmit;
eth_tx_prep_t driver_prepare;
Calls receiving, transmitting, preparing;

std::uint16_t give_turn(std::uint16_t received) {
  if (received == 0) {
    card_turn();
  }
  return received;
}

std::uint16_t receive(void* queue, rte_mbuf** packets, std::uint16_t count) {
  const std::uint64_t begin = rte_rdtsc();
  return give_turn(receiving.add(begin, driver_receive(queue, packets, count)));
}

std::uint16_t transmit(void* queue, rte_mbuf** packets, std::uint16_t count) {
  const std::uint64_t begin = rte_rdtsc();
  return transmitting.add(begin, driver_transmit(queue, packets, count));
}

std::uint16_t prepare(void* queue, rte_mbuf** packets, std::uint16_t count) {
  const std::uint64_t begin = rte_rdtsc();
  return preparing.add(begin, driver_prepare(queue, packets, count));
}

// A port that is not started has functions of ethdev's own.
bool is_driver(eth_rx_burst_t function) {
  Dl_info info{};
  return dladdr(reinterpret_cast<void*>(function), &info) != 0 &&
         std::string_view(info.dli_fname).find("librte_net_ena") != std::string_view::npos;
}

void stand_between(struct rte_eth_fp_ops& port) {
  if (!is_driver(port.rx_pkt_burst)) {
    return;
  }
  driver_receive = port.rx_pkt_burst;
  warm_at = rte_rdtsc() + rte_get_tsc_hz() / 2;
  driver_transmit = port.tx_pkt_burst;
  driver_prepare = port.tx_pkt_prepare;
  port.tx_pkt_prepare = prepare;
  port.tx_pkt_burst = transmit;
  port.rx_pkt_burst = receive;
}

void write() {
  const std::string unfinished = std::string(file_name) + ".new";
  std::ofstream file(unfinished);
  const auto member = [&file](const char* name, const Calls& calls) {
    file << '"' << name << R"(": {"calls": )" << calls.count.value() << R"(, "packets": )"
         << calls.packets.value() << R"(, "cycles": )" << calls.cycles.value() << '}';
  };
  file << '{';
  member("receive", receiving);
  file << ", ";
  member("transmit", transmitting);
  file << ", ";
  member("prepare", preparing);
  file << "}\n";
  file.close();
  std::filesystem::rename(unfinished, file_name);
}

void watch() {
  constexpr unsigned kRoundsBetweenWrites = 50;
  for (unsigned round = 1;; ++round) {
    for (struct rte_eth_fp_ops& port : rte_eth_fp_ops) {
      stand_between(port);
    }
    if (round % kRoundsBetweenWrites == 0) {
      write();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

__attribute__((constructor)) void start() {
  void* const card = dlopen("ena_model.so", RTLD_NOW | RTLD_NOLOAD);  // which EAL has loaded before
  file_name = std::getenv("DRIVER_CLOCK");
  if (card == nullptr || file_name == nullptr) {
    std::fputs("driver_clock: load ena_model.so before it, and name its file in DRIVER_CLOCK\n",
               stderr);
    std::exit(1);
  }
  card_turn = reinterpret_cast<void (*)()>(dlsym(card, "ena_model_turn"));
  std::thread(watch).detach();
}

}  // namespace
