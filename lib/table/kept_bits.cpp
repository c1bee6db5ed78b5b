#include "table/kept_bits.hpp"

#include <algorithm>
#include <bit>

namespace natto {
namespace {

constexpr unsigned kRowBits = 16;
constexpr std::size_t kRowsOfScope = std::size_t{1} << kRowBits;
constexpr std::size_t kMasksOfRow = std::size_t{1} << 8U;
constexpr std::uint32_t kEveryBit = UINT32_MAX;
constexpr std::uint32_t kUnset = 0;  ///< no prefix so far

[[nodiscard]] std::uint32_t mask_raw(unsigned length) noexcept {
  return Be32::from_host(prefix_mask(length)).raw();
}

/// As many as differ in the bits of `kept_raw`, which is as long as `prefix` or longer.
[[nodiscard]] std::size_t addresses_of(const Ipv4Prefix& prefix, std::uint32_t kept_raw) noexcept {
  return std::size_t{1} << (static_cast<unsigned>(std::popcount(kept_raw)) - prefix.length);
}

}  // namespace

// Where nothing has a translation, all bits are kept. So what is kept of an address is an address
// of the same prefix, or itself; and of all addresses of a prefix the same bits are kept, or more
// than its own.
KeptBits::KeptBits(std::span<const ScopedPrefix> prefixes) {
  for (const auto& [scope, prefix] : prefixes) {
    longest_raw_ |= mask_raw(prefix.length);
  }
  for (const auto& [scope, prefix] : prefixes) {
    addresses_ += addresses_of(prefix, longest_raw_);
  }
  if (addresses_ >= kFewAddresses && addresses_ != prefixes.size()) {
    keep_by_range(prefixes);
  }
}

void KeptBits::keep_by_range(std::span<const ScopedPrefix> prefixes) {
  const auto add_masks = [this](std::uint32_t raw) {
    const auto begin = static_cast<std::uint32_t>(masks_.size());
    masks_.resize(masks_.size() + kMasksOfRow, raw);
    return begin;
  };
  const std::uint32_t without_addresses = add_masks(kEveryBit);
  rows_.assign(kRowsOfScope, without_addresses);
  std::array<std::uint32_t, kRowBits + 1> of_length{};  // masks that whole rows share
  for (const auto& [scope, prefix] : prefixes) {
    std::uint32_t& first_row = first_rows_[place_of(scope)];
    if (first_row == 0) {
      first_row = static_cast<std::uint32_t>(rows_.size());
      rows_.resize(rows_.size() + kRowsOfScope, without_addresses);
    }
    const std::uint32_t address = prefix.address.host();
    std::uint32_t* const row = &rows_[first_row + (address >> (32U - kRowBits))];
    const std::uint32_t raw = mask_raw(prefix.length);
    if (prefix.length <= kRowBits) {
      std::uint32_t& shared = of_length[prefix.length];
      if (shared == 0) {
        shared = add_masks(raw);
      }
      std::fill_n(row, std::size_t{1} << (kRowBits - prefix.length), shared);
      continue;
    }
    if (*row == without_addresses) {
      *row = add_masks(kUnset);
    }
    std::uint32_t* const mask = &masks_[*row + (address >> 8U & 0xffU)];
    const unsigned wider = prefix.length < 24 ? 24U - prefix.length : 0U;
    std::for_each_n(mask, std::size_t{1} << wider, [raw](std::uint32_t& m) { m |= raw; });
  }
  std::ranges::replace(masks_, kUnset, kEveryBit);

  addresses_ = 0;
  for (const auto& [scope, prefix] : prefixes) {
    addresses_ += addresses_of(prefix, of_ranges(scope).raw_of(prefix.address));
  }
}

}  // namespace natto
