#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "inspect/border.hpp"

namespace natto {

/// A packet between two mappings, with the real addresses that its payload has as text.
struct Sighting {
  std::uint64_t frame;  ///< its number in the capture, from 1
  Ends ends;
  std::uint8_t protocol;
  std::uint16_t source_port;  ///< host order; 0: none
  std::uint16_t destination_port;
  std::optional<std::size_t> application;  ///< by its words: index into applications()
  std::vector<Ipv4Address> texts;          ///< each once
  /// An address at its very end, which the next piece of its stream may make another one. If it
  /// proves whole, the packet is sighted once more, `late`, with this alone.
  std::optional<Ipv4Address> open;
  bool late = false;
};

}  // namespace natto
