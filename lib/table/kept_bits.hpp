#pragma once

// Which bits of an address decide what becomes of it. Whoever remembers addresses by these bits
// alone needs one place for all addresses of a prefix.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.hpp"
#include "base/realm.hpp"

namespace natto {

/// Whose meaning an address has: that of a realm, or that of mapped addresses.
using AddressScope = std::uint16_t;
inline constexpr AddressScope kMappedScope = 0xffff;
[[nodiscard]] constexpr AddressScope real_scope(RealmId realm) noexcept { return realm; }

/// The same bits for all addresses: those of the longest prefix. Cheap to copy.
class BitsOfAll {
 public:
  explicit constexpr BitsOfAll(std::uint32_t raw) noexcept : raw_(raw) {}
  /// A mask in network order.
  [[nodiscard]] std::uint32_t raw_of(Ipv4Address /*address*/) const noexcept { return raw_; }

 private:
  std::uint32_t raw_;
};

/// The bits of the longest prefix near an address: within its first 24 bits. Cheap to copy, and
/// valid as long as the KeptBits that it is from.
// Two tables, for 16 bits and the next 8, as FIBs have them: the first mostly points into rows that
// are the same all along, so that only what is in use takes room in the CPU's caches.
class BitsByRange {
 public:
  BitsByRange(const std::uint32_t* rows, const std::uint32_t* masks) noexcept
      : rows_(rows), masks_(masks) {}
  /// A mask in network order.
  [[nodiscard]] std::uint32_t raw_of(Ipv4Address address) const noexcept {
    const std::uint32_t host = address.host();
    return masks_[rows_[host >> 16U] + (host >> 8U & 0xffU)];
  }

 private:
  const std::uint32_t* rows_;   ///< by the first 16 bits: where the masks of the next 8 begin
  const std::uint32_t* masks_;  ///< network order
};

/// Two addresses of a scope that the table holds have the same translation if the bits kept of them
/// are the same; and bits kept of an address that it holds are never those of one that it does not
/// hold.
///
/// Made by control, and never changed after: read by any thread.
class KeptBits {
 public:
  struct ScopedPrefix {
    AddressScope scope;
    Ipv4Prefix prefix;  ///< no host bits
  };

  /// Fewer addresses than this may each have a place of their own, wherever they are.
  static constexpr std::size_t kFewAddresses = 4096;

  KeptBits() = default;
  /// Of all that has a translation. Prefixes of a scope do not overlap.
  explicit KeptBits(std::span<const ScopedPrefix> prefixes);

  [[nodiscard]] bool are_same_for_all() const noexcept { return rows_.empty(); }
  /// If they are.
  [[nodiscard]] BitsOfAll of_all() const noexcept { return BitsOfAll(longest_raw_); }
  /// If they are not.
  [[nodiscard]] BitsByRange of_ranges(AddressScope scope) const noexcept {
    return {&rows_[first_rows_[place_of(scope)]], masks_.data()};
  }

  /// A mask in network order. Slower than the others, which do not ask which of them it is.
  [[nodiscard]] std::uint32_t raw_of(AddressScope scope, Ipv4Address address) const noexcept {
    return are_same_for_all() ? of_all().raw_of(address) : of_ranges(scope).raw_of(address);
  }

  /// How many addresses differ in these bits and have a translation.
  [[nodiscard]] std::size_t addresses() const noexcept { return addresses_; }

  /// Of the heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return (rows_.size() + masks_.size()) * sizeof(std::uint32_t);
  }

 private:
  void keep_by_range(std::span<const ScopedPrefix> prefixes);
  [[nodiscard]] static std::size_t place_of(AddressScope scope) noexcept {
    return scope == kMappedScope ? kMaxPorts : scope;
  }

  std::uint32_t longest_raw_ = 0;
  std::size_t addresses_ = 0;
  /// See BitsByRange. The rows of one scope after those of another, first those of scopes without
  /// addresses.
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint32_t> masks_;
  std::array<std::uint32_t, kMaxPorts + 1> first_rows_{};  ///< by realm; the last: mapped addresses
};

}  // namespace natto
