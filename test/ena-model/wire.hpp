#pragma once

// What is at the other end of a card's cable.

#include <cstdint>
#include <memory>
#include <vector>

#include "internet.hpp"
#include "receive_parser.hpp"
#include "settings.hpp"

namespace ena_model {

/// A frame on its way to the host. Remembers what the card says of it, for wires that repeat it.
struct Frame {
  std::vector<std::uint8_t> bytes;
  Received received;
  std::uint32_t examined_with = 0;  ///< number of the key; 0: not yet
};

class Wire {
 public:
  Wire() = default;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  virtual ~Wire() = default;

  /// The next frame for the host; null: none now. It stays the next until take().
  [[nodiscard]] virtual Frame* next() = 0;
  virtual void take() = 0;
  virtual void send(Bytes frame) = 0;
  /// It waits while the host has no buffers; otherwise frames are lost then, as on a real one.
  [[nodiscard]] virtual bool waits() const = 0;
};

/// By card. Throws std::runtime_error.
[[nodiscard]] std::vector<std::unique_ptr<Wire>> connect_wires(const Settings& settings);

}  // namespace ena_model
