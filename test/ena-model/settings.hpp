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

/// Where a card's packets come from and go to. One of `interface`, `peer`, or captures.
struct WireSettings {
  std::optional<std::string> interface;         ///< of the kernel; raw frames
  std::optional<unsigned> peer;                 ///< the card at the other end of a cable
  std::optional<std::filesystem::path> replay;  ///< capture to receive
  bool repeat = false;                          ///< the capture, for ever: receive rings stay full
  std::optional<std::filesystem::path> record;  ///< capture of what is sent
};

struct CardSettings {
  std::array<std::uint8_t, 6> mac{};
  std::uint32_t queues = 8;
  std::uint32_t tx_depth = 1024;
  std::uint32_t rx_depth = 8192;
  std::uint32_t max_mtu = 9216;
  bool low_latency_queues = true;
  bool memory_bar = true;             ///< for these queues; with_cards.py leaves it out
  bool large_entries = true;          ///< 256 bytes as well as 128
  bool cached_metadata = true;        ///< otherwise a meta descriptor comes with every packet
  std::uint16_t max_burst_bytes = 0;  ///< of device memory between two doorbells; 0: no limit
  bool customer_metrics = false;      ///< in place of ENI statistics
  bool srd = false;
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

/// Throws std::runtime_error that says what is wrong.
[[nodiscard]] Settings read_settings(const std::filesystem::path& file);

}  // namespace ena_model
