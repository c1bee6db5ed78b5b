#pragma once

// What the cards are: a JSON file.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "receive_parser.hpp"

namespace ena_model {

using MacAddress = std::array<std::uint8_t, 6>;

/// Where a card's packets come from and go to. One of `interface`, `tap`, `peer`, or captures.
struct WireSettings {
  std::optional<std::string> interface;         ///< of the kernel, which is there
  std::optional<std::string> tap;               ///< of the kernel, which is made
  std::optional<unsigned> peer;                 ///< the card at the other end of a cable
  std::optional<std::filesystem::path> replay;  ///< capture to receive
  bool repeat = false;                          ///< the capture, for ever: receive rings stay full
  std::uint32_t packets_per_second = 0;         ///< of the capture; 0: as many as there are buffers
  std::optional<std::filesystem::path> record;  ///< capture of what is sent
};

struct CardSettings {
  MacAddress mac{};
  std::uint32_t queues = 8;
  std::uint32_t tx_depth = 1024;
  std::uint32_t rx_depth = 8192;
  std::uint32_t max_mtu = 9216;
  bool low_latency_queues = true;
  bool memory_bar = true;     ///< for these queues; with_cards.py leaves it out
  bool large_entries = true;  ///< 256 bytes as well as 128
  bool recommends_large_entries = false;
  bool cached_metadata = true;        ///< otherwise a meta descriptor comes with every packet
  std::uint16_t max_burst_bytes = 0;  ///< of device memory between two doorbells; 0: no limit
  bool customer_metrics = false;      ///< in place of ENI statistics
  bool srd = false;
  bool fragment_bypass = true;
  bool interrupts = true;  ///< none reach a driver by way of uio_pci_generic
  bool whole_sums = true;  ///< of TCP and UDP; otherwise the host adds up the pseudo-header
  std::uint16_t rss_table_bits = 7;   ///< log2 of the entries
  std::vector<std::string> faults{};  ///< from the beginning (faults.hpp)
  std::uint16_t watchdog_ms = 0;  ///< silence after which the driver is to reset; 0: its own 3 s
  std::uint32_t admin_timeout_ms = 0;  ///< in steps of 100; 0: the driver's own
  ReceiveChecks checks;
  WireSettings wire;
};

struct Settings {
  std::vector<CardSettings> cards;               ///< at most 4
  std::optional<std::filesystem::path> control;  ///< socket for faults
  std::optional<unsigned> cpu;                   ///< where the cards' thread runs
};

/// Both throw std::runtime_error that says what is wrong.
[[nodiscard]] MacAddress parse_mac(const std::string& text);
[[nodiscard]] Settings read_settings(const std::filesystem::path& file);

}  // namespace ena_model
