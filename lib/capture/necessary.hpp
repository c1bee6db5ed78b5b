#pragma once

// What must be true of a packet that a filter matches, as far as a few comparisons tell it: the
// packet path asks these of every packet, and the filter itself only of those that are left. A
// filter that names an address, a port or a protocol so costs hardly anything where nothing
// matches.

#include <cstdint>
#include <cstring>
#include <vector>

#include "capture/bpf.hpp"

namespace natto {

/// Of plain frames, the bytes that the comparisons look at: no Ethernet frame is shorter.
inline constexpr std::size_t kQuickBytes = 60;

/// Whether the frame is IPv4 without options, of which alone the conditions speak.
[[nodiscard]] inline bool is_quick(const std::uint8_t* frame) noexcept {
  return frame[12] == 0x08 && frame[13] == 0x00 && frame[14] == 0x45;
}

/// Four bytes of a frame have a value. Mask and value are as the machine loads these bytes.
struct FieldTest {
  std::uint32_t mask_raw;
  std::uint32_t value_raw;
  std::uint32_t offset;  ///< offset + 4 <= kQuickBytes

  [[nodiscard]] bool holds(const std::uint8_t* frame) const noexcept {
    std::uint32_t word;
    std::memcpy(&word, frame + offset, sizeof(word));
    return (word & mask_raw) == value_raw;
  }
  friend bool operator==(const FieldTest&, const FieldTest&) = default;
};

/// The bytes at `offset`, `size` (1, 2 or 4) of them, are `value` where `mask` has ones, both as
/// numbers.
[[nodiscard]] FieldTest field_test(std::uint32_t offset, std::uint32_t size, std::uint32_t mask,
                                   std::uint32_t value) noexcept;

struct NecessaryConditions {
  /// One test of each list holds. None: nothing is known.
  std::vector<std::vector<FieldTest>> all_of;
  /// The filter may say other of a packet as it leaves than it said when the packet came: it looks
  /// at more than what natto leaves as it is in packets of the fast path.
  bool sees_translation = true;
};

/// Of a valid program.
[[nodiscard]] NecessaryConditions necessary_conditions(BpfProgram program);

}  // namespace natto
