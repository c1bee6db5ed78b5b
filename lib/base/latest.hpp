#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace natto {

/// The last values that one thread has put, for any readers: nobody locks or waits. Each place has
/// a version, odd while it is written; a reader leaves out a value whose version is odd, or has
/// changed while it read (a seqlock). Its words are atomic, so that this is no data race.
template <typename T, std::size_t count>
class Latest {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// In place of the oldest.
  void put(const T& value) noexcept {
    Place& place = places_[next_];
    next_ = (next_ + 1) % count;
    Words words{};
    std::memcpy(words.data(), &value, sizeof(value));
    const std::uint32_t version = place.version.load(std::memory_order_relaxed);
    place.version.store(version + 1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < words.size(); ++i) {
      // Who sees a new word sees that the version is odd, too.
      place.words[i].store(words[i], std::memory_order_release);
    }
    place.version.store(version + 2, std::memory_order_release);
  }

  /// In no order. Any thread.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Place& place : places_) {
      const std::uint32_t version = place.version.load(std::memory_order_acquire);
      if (version == 0 || version % 2 != 0) {
        continue;
      }
      Words words;
      for (std::size_t i = 0; i < words.size(); ++i) {
        words[i] = place.words[i].load(std::memory_order_acquire);
      }
      if (place.version.load(std::memory_order_relaxed) == version) {
        T value;
        std::memcpy(static_cast<void*>(&value), words.data(), sizeof(value));
        visit(value);
      }
    }
  }

 private:
  using Words = std::array<std::uint64_t, (sizeof(T) + 7) / 8>;
  struct Place {
    std::atomic<std::uint32_t> version{0};  ///< 0: nothing was put yet
    std::array<std::atomic<std::uint64_t>, std::tuple_size_v<Words>> words{};
  };

  std::array<Place, count> places_;
  std::size_t next_ = 0;  ///< the writer's
};

}  // namespace natto
