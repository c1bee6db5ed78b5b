// ethdev's control calls, in front of DPDK's own, for its libraries too: they find the program's
// symbols first. For a FakeEna they do what ENA's driver would; every other port gets DPDK's.

#include <dlfcn.h>
#include <rte_ethdev.h>

#include <cerrno>
#include <cstring>

#include "eal/fake_ena.hpp"

using natto::test::FakeEna;

namespace {

/// DPDK's own function of that name.
template <typename Function>
Function* real(Function* /*of_this_type*/, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
#define REAL(name) real(name, #name)

}  // namespace

extern "C" {

int rte_eth_dev_get_port_by_name(const char* name, std::uint16_t* port) {
  static const auto next = REAL(rte_eth_dev_get_port_by_name);
  if (const FakeEna* card = FakeEna::find(std::string_view(name))) {
    *port = card->id();
    return 0;
  }
  return next(name, port);
}

int rte_eth_dev_info_get(std::uint16_t port, rte_eth_dev_info* info) {
  static const auto next = REAL(rte_eth_dev_info_get);
  const int error = next(port, info);
  if (const FakeEna* card = FakeEna::find(port); card != nullptr && error == 0) {
    card->describe(*info);
  }
  return error;
}

// DPDK's own first: it holds `conf` against what rte_eth_dev_info_get says.
int rte_eth_dev_configure(std::uint16_t port, std::uint16_t rx_queues, std::uint16_t tx_queues,
                          const rte_eth_conf* conf) {
  static const auto next = REAL(rte_eth_dev_configure);
  const int error = next(port, rx_queues, tx_queues, conf);
  FakeEna* card = FakeEna::find(port);
  return error != 0 || card == nullptr ? error : card->configure(rx_queues, tx_queues, *conf);
}

int rte_eth_dev_set_mtu(std::uint16_t port, std::uint16_t mtu) {
  static const auto next = REAL(rte_eth_dev_set_mtu);
  FakeEna* card = FakeEna::find(port);
  return card != nullptr ? card->set_mtu(mtu) : next(port, mtu);
}

int rte_eth_rx_queue_setup(std::uint16_t port, std::uint16_t queue, std::uint16_t descriptors,
                           unsigned socket, const rte_eth_rxconf* conf, rte_mempool* pool) {
  static const auto next = REAL(rte_eth_rx_queue_setup);
  const int error = next(port, queue, descriptors, socket, conf, pool);
  FakeEna* card = FakeEna::find(port);
  return error != 0 || card == nullptr ? error : card->set_up_rx_queue(queue, descriptors, pool);
}

int rte_eth_tx_queue_setup(std::uint16_t port, std::uint16_t queue, std::uint16_t descriptors,
                           unsigned socket, const rte_eth_txconf* conf) {
  static const auto next = REAL(rte_eth_tx_queue_setup);
  const int error = next(port, queue, descriptors, socket, conf);
  FakeEna* card = FakeEna::find(port);
  return error != 0 || card == nullptr ? error : card->set_up_tx_queue(queue, descriptors);
}

int rte_eth_dev_start(std::uint16_t port) {
  static const auto next = REAL(rte_eth_dev_start);
  int error = next(port);
  if (FakeEna* card = FakeEna::find(port); card != nullptr && error == 0) {
    error = card->start();
    if (error != 0) {
      rte_eth_dev_stop(port);
    }
  }
  return error;
}

// The burst functions become DPDK's dummies before the driver frees its packets.
int rte_eth_dev_stop(std::uint16_t port) {
  static const auto next = REAL(rte_eth_dev_stop);
  const int error = next(port);
  FakeEna* card = FakeEna::find(port);
  return error != 0 || card == nullptr ? error : card->stop();
}

int rte_eth_dev_reset(std::uint16_t port) {
  static const auto next = REAL(rte_eth_dev_reset);
  FakeEna* card = FakeEna::find(port);
  return card != nullptr ? card->reset() : next(port);
}

int rte_eth_dev_close(std::uint16_t port) {
  static const auto next = REAL(rte_eth_dev_close);
  if (FakeEna* card = FakeEna::find(port)) {
    card->closed();
  }
  return next(port);
}

int rte_eth_link_get_nowait(std::uint16_t port, rte_eth_link* link) {
  static const auto next = REAL(rte_eth_link_get_nowait);
  if (const FakeEna* card = FakeEna::find(port)) {
    *link = card->link();
    return 0;
  }
  return next(port, link);
}

int rte_eth_macaddr_get(std::uint16_t port, rte_ether_addr* address) {
  static const auto next = REAL(rte_eth_macaddr_get);
  if (const FakeEna* card = FakeEna::find(port)) {
    const natto::MacAddress mac = card->mac();
    std::memcpy(address->addr_bytes, mac.bytes.data(), sizeof(address->addr_bytes));
    return 0;
  }
  return next(port, address);
}

int rte_eth_xstats_get_names(std::uint16_t port, rte_eth_xstat_name* names, unsigned size) {
  static const auto next = REAL(rte_eth_xstats_get_names);
  FakeEna* card = FakeEna::find(port);
  if (card == nullptr) {
    return next(port, names, size);
  }
  const auto counters = card->counters();
  for (std::size_t i = 0; size >= counters.size() && i < counters.size(); ++i) {
    std::strncpy(names[i].name, counters[i].first.c_str(), sizeof(names[i].name) - 1);
    names[i].name[sizeof(names[i].name) - 1] = '\0';
  }
  return static_cast<int>(counters.size());
}

int rte_eth_xstats_get(std::uint16_t port, rte_eth_xstat* values, unsigned size) {
  static const auto next = REAL(rte_eth_xstats_get);
  FakeEna* card = FakeEna::find(port);
  if (card == nullptr) {
    return next(port, values, size);
  }
  const auto counters = card->counters();
  for (std::size_t i = 0; size >= counters.size() && i < counters.size(); ++i) {
    values[i] = {.id = i, .value = counters[i].second};
  }
  return static_cast<int>(counters.size());
}

int rte_eth_stats_get(std::uint16_t port, rte_eth_stats* stats) {
  static const auto next = REAL(rte_eth_stats_get);
  FakeEna* card = FakeEna::find(port);
  if (card == nullptr) {
    return next(port, stats);
  }
  *stats = {};
  for (const auto& [name, value] : card->counters()) {
    if (name == "rx_missed_errors") {
      stats->imissed = value;
    } else if (name == "rx_errors") {
      stats->ierrors = value;
    } else if (name == "rx_mbuf_allocation_errors") {
      stats->rx_nombuf = value;
    } else if (name == "tx_errors") {
      stats->oerrors = value;
    }
  }
  return 0;
}

int rte_eth_dev_callback_register(std::uint16_t port, rte_eth_event_type event,
                                  rte_eth_dev_cb_fn function, void* argument) {
  static const auto next = REAL(rte_eth_dev_callback_register);
  FakeEna* card = FakeEna::find(port);
  return card != nullptr ? card->register_callback(event, function, argument)
                         : next(port, event, function, argument);
}

int rte_eth_dev_callback_unregister(std::uint16_t port, rte_eth_event_type event,
                                    rte_eth_dev_cb_fn function, void* argument) {
  static const auto next = REAL(rte_eth_dev_callback_unregister);
  FakeEna* card = FakeEna::find(port);
  return card != nullptr ? card->unregister_callback(event, function, argument)
                         : next(port, event, function, argument);
}

}  // extern "C"
