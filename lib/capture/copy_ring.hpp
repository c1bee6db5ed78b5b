#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace natto {

/// Records of any length, from one thread that never waits to one that reads them. Each record
/// lies in one piece; what does not fit before the memory's end begins anew at its begin.
class CopyRing {
 public:
  /// `bytes`: a power of two. The memory is touched here, so that the writer meets no page fault.
  explicit CopyRing(std::size_t bytes)
      : mask_(bytes - 1), memory_(std::make_unique<std::byte[]>(bytes)) {}

  /// The writer: room for a record, which the reader gets with the next publish(). Null: the ring
  /// is full.
  [[nodiscard]] std::byte* add(std::size_t bytes) noexcept {
    const std::size_t needed = padded(bytes);
    const std::size_t to_end = mask_ + 1 - (next_ & mask_);
    const std::size_t skipped = needed <= to_end ? 0 : to_end;
    if (next_ + skipped + needed - read_.load(std::memory_order_acquire) > mask_ + 1) {
      return nullptr;
    }
    if (skipped != 0) {
      put_length(next_, kSkip);
      next_ += skipped;
    }
    put_length(next_, bytes);
    std::byte* const record = memory_.get() + (next_ & mask_) + sizeof(Length);
    next_ += needed;
    return record;
  }
  /// The writer: the reader may have what was added.
  void publish() noexcept { written_.store(next_, std::memory_order_release); }

  /// The reader: the oldest record; empty: there is none.
  [[nodiscard]] std::span<const std::byte> front() noexcept {
    std::uint64_t at = read_.load(std::memory_order_relaxed);
    if (at == written_.load(std::memory_order_acquire)) {
      return {};
    }
    if (length_at(at) == kSkip) {
      at += mask_ + 1 - (at & mask_);
      read_.store(at, std::memory_order_release);
    }
    return {memory_.get() + (at & mask_) + sizeof(Length), length_at(at)};
  }
  /// The reader: is done with the record that front() gave.
  void pop() noexcept {
    const std::uint64_t at = read_.load(std::memory_order_relaxed);
    read_.store(at + padded(length_at(at)), std::memory_order_release);
  }

 private:
  using Length = std::uint64_t;  ///< before each record
  static constexpr Length kSkip = UINT64_MAX;

  static constexpr std::size_t padded(std::size_t bytes) noexcept {
    return (sizeof(Length) + bytes + 7) & ~std::size_t{7};
  }
  void put_length(std::uint64_t at, Length length) noexcept {
    std::memcpy(memory_.get() + (at & mask_), &length, sizeof(length));
  }
  [[nodiscard]] Length length_at(std::uint64_t at) const noexcept {
    Length length;
    std::memcpy(&length, memory_.get() + (at & mask_), sizeof(length));
    return length;
  }

  const std::size_t mask_;
  const std::unique_ptr<std::byte[]> memory_;
  std::uint64_t next_ = 0;                             ///< the writer's
  alignas(64) std::atomic<std::uint64_t> written_{0};  ///< by the writer
  alignas(64) std::atomic<std::uint64_t> read_{0};     ///< by the reader
};

}  // namespace natto
