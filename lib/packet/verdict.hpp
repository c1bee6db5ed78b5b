#pragma once

#include <cassert>
#include <cstdint>

#include "packet/drop_reasons.hpp"

namespace natto {

/// What a stage decided about a packet.
class Verdict {
 public:
  /// Go on to the next stage.
  [[nodiscard]] static constexpr Verdict forward() noexcept { return Verdict(kForward); }
  /// ARP: hand it to the control thread.
  [[nodiscard]] static constexpr Verdict arp() noexcept { return Verdict(kArp); }
  /// Sent to natto's own address on the port: hand it to the control thread.
  [[nodiscard]] static constexpr Verdict to_own_address() noexcept {
    return Verdict(kToOwnAddress);
  }
  /// Translated, but the next hop's MAC address is unknown: control finds it and sends the packet.
  [[nodiscard]] static constexpr Verdict unresolved() noexcept { return Verdict(kUnresolved); }
  /// Stop here. Implicit, so that a stage reads `return DropReason::kTtlExpired;`.
  constexpr Verdict(DropReason reason) noexcept  // NOLINT(google-explicit-constructor)
      : value_(static_cast<std::uint8_t>(reason)) {}

  [[nodiscard]] constexpr bool is_forward() const noexcept { return value_ == kForward; }
  [[nodiscard]] constexpr bool is_to_control() const noexcept {
    return value_ == kArp || value_ == kToOwnAddress;
  }
  [[nodiscard]] constexpr bool is_drop() const noexcept { return value_ < kDropReasonCount; }
  [[nodiscard]] constexpr DropReason reason() const noexcept {
    assert(is_drop());
    return static_cast<DropReason>(value_);
  }

  friend constexpr bool operator==(Verdict, Verdict) = default;

 private:
  static constexpr std::uint8_t kForward = 0xff;
  static constexpr std::uint8_t kArp = 0xfe;
  static constexpr std::uint8_t kToOwnAddress = 0xfd;
  static constexpr std::uint8_t kUnresolved = 0xfc;
  static_assert(kDropReasonCount < kUnresolved);

  explicit constexpr Verdict(std::uint8_t value) noexcept : value_(value) {}

  std::uint8_t value_;
};

}  // namespace natto
