#pragma once

// What the bytes of a pcapng block say (draft-ietf-opsawg-pcapng §4). Whatever bytes a capture has,
// nothing outside of them is read, and every step through options gets further: no file, no memory,
// no state, so that test/proof/captures.cpp proves it.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace natto::pcapng {

/// How many bytes follow the type and the length of a block that is `length` bytes long: its body,
/// and its length once more. None if no block is as long.
[[nodiscard]] std::optional<std::uint32_t> bytes_behind_head(std::uint32_t length) noexcept;

struct Option {
  std::uint16_t code;
  std::string_view value;
  std::size_t next;  ///< where the next one begins
};

/// An interface. The names end with their block.
struct InterfaceFields {
  std::uint16_t link_type;  ///< LINKTYPE_...
  std::uint32_t snap_length;
  std::uint64_t ticks_per_second = 1'000'000;  ///< 0: more than 64 bits hold
  std::int64_t offset_seconds = 0;
  std::string_view name = {};
  std::string_view description = {};
};

/// A packet. Its bytes end with their block.
struct PacketFields {
  std::uint32_t interface;  ///< of those of its section
  std::uint64_t ticks;      ///< of its interface, since 1970
  std::uint32_t length;     ///< bytes that it had on the wire
  std::span<const std::uint8_t> bytes;
  std::size_t options;  ///< where they begin, also behind the body's end
};

/// A block without its type and its lengths, in the byte order of its section.
class Body {
 public:
  Body(std::span<const std::uint8_t> bytes, bool swap) noexcept : bytes_(bytes), swap_(swap) {}

  /// The number at `at`, which lies in the body with all of its bytes.
  [[nodiscard]] std::uint32_t word(std::size_t at) const noexcept;
  [[nodiscard]] std::uint16_t half(std::size_t at) const noexcept;

  /// Whether it begins a section whose byte order is known.
  [[nodiscard]] bool is_section() const noexcept;
  /// None of one that is not described whole.
  [[nodiscard]] std::optional<InterfaceFields> interface() const noexcept;
  /// None of one that is longer than its block.
  [[nodiscard]] std::optional<PacketFields> enhanced_packet() const noexcept;
  [[nodiscard]] std::optional<PacketFields> obsolete_packet() const noexcept;
  /// `snap_length`: of the section's first interface.
  [[nodiscard]] std::optional<PacketFields> simple_packet(std::uint32_t snap_length) const noexcept;
  /// A packet's flags; none if the option is another one.
  [[nodiscard]] std::optional<std::uint32_t> flags(const Option& option) const noexcept;

  /// The option at `at`; none where options end.
  [[nodiscard]] std::optional<Option> option_at(std::size_t at) const noexcept;
  /// Calls `take` with each option from `at` on.
  template <typename Take>
  void for_each_option(std::size_t at, const Take& take) const {
    for (auto option = option_at(at); option; option = option_at(option->next)) {
      take(*option);
    }
  }
  /// Puts what an option says of an interface into its fields.
  void describe(InterfaceFields& interface, const Option& option) const noexcept;

 private:
  [[nodiscard]] std::optional<PacketFields> packet(std::uint32_t interface, std::uint64_t ticks,
                                                   std::uint32_t captured, std::uint32_t length,
                                                   std::size_t at) const noexcept;

  std::span<const std::uint8_t> bytes_;
  bool swap_;
};

/// Of a time of an interface with so many ticks a second, at least 1; since 1970.
[[nodiscard]] std::uint64_t to_nanoseconds(std::uint64_t ticks, std::uint64_t ticks_per_second,
                                           std::int64_t offset_seconds) noexcept;

}  // namespace natto::pcapng
