#pragma once

// The first headers of several frames as vectors, each with the same 32-bit word of all of them.
// The vectors are the compilers' own (GCC's vector extensions, which clang has too).

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "packet/wire.hpp"

namespace natto {

/// As many frames as the target has lanes in a vector: AVX2 or NEON.
#ifdef __AVX2__
inline constexpr std::size_t kNativeLanes = 8;
#else
inline constexpr std::size_t kNativeLanes = 4;
#endif

/// A vector of `kLanes` words, 4 or 8.
template <std::size_t kLanes>
struct Vector;
template <>
struct Vector<4> {
  using Words = std::uint32_t __attribute__((vector_size(16)));
  using Signed = std::int32_t __attribute__((vector_size(16)));
};
template <>
struct Vector<8> {
  using Words = std::uint32_t __attribute__((vector_size(32)));
  using Signed = std::int32_t __attribute__((vector_size(32)));
};

/// The words of `kLanes` frames, 4 or 8.
template <std::size_t kLanes>
struct HeaderWords {
  using Words = typename Vector<kLanes>::Words;
  using Frames = std::array<const std::uint8_t*, kLanes>;

  /// Bytes 10 to 41, so that IPv4 begins with the second word. In machine words.
  static constexpr std::size_t kFirst = kIpv4Offset - sizeof(std::uint32_t);
  static constexpr std::size_t kWords = 8;
  static constexpr std::size_t kEnd = kFirst + kWords * sizeof(std::uint32_t);

  /// The i-th vector holds the i-th word of each frame. The frames have at least kEnd bytes.
  static std::array<Words, kWords> of(const Frames& frames) noexcept;

 private:
  static Words load(const std::uint8_t* bytes) noexcept {
    Words words;
    std::memcpy(&words, bytes, sizeof(words));
    return words;
  }
};

template <>
inline auto HeaderWords<4>::of(const Frames& frames) noexcept -> std::array<Words, kWords> {
  std::array<Words, kWords> words;
  for (std::size_t i = 0; i < kWords; i += 4) {
    const std::size_t at = kFirst + i * sizeof(std::uint32_t);
    const Words a = load(frames[0] + at);
    const Words b = load(frames[1] + at);
    const Words c = load(frames[2] + at);
    const Words d = load(frames[3] + at);
    const Words ab01 = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const Words ab23 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Words cd01 = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const Words cd23 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    words[i] = __builtin_shufflevector(ab01, cd01, 0, 1, 4, 5);
    words[i + 1] = __builtin_shufflevector(ab01, cd01, 2, 3, 6, 7);
    words[i + 2] = __builtin_shufflevector(ab23, cd23, 0, 1, 4, 5);
    words[i + 3] = __builtin_shufflevector(ab23, cd23, 2, 3, 6, 7);
  }
  return words;
}

template <>
inline auto HeaderWords<8>::of(const Frames& frames) noexcept -> std::array<Words, kWords> {
  const std::array<Words, 8> rows{load(frames[0] + kFirst), load(frames[1] + kFirst),
                                  load(frames[2] + kFirst), load(frames[3] + kFirst),
                                  load(frames[4] + kFirst), load(frames[5] + kFirst),
                                  load(frames[6] + kFirst), load(frames[7] + kFirst)};
  // Words of two frames side by side, then of four: 0 to 3 in the lower halves of the vectors, and
  // 4 to 7 in the upper ones, since AVX2 moves little from half to half. Then of eight.
  std::array<Words, 8> twos;
  for (std::size_t i = 0; i < 8; i += 2) {
    twos[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    twos[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  std::array<Words, 8> fours;
  for (std::size_t i = 0; i < 8; i += 4) {
    for (std::size_t j = 0; j < 2; ++j) {
      const Words& a = twos[i + j];
      const Words& b = twos[i + j + 2];
      fours[i + 2 * j] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
      fours[i + 2 * j + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  std::array<Words, kWords> words;
  for (std::size_t i = 0; i < 4; ++i) {
    words[i] = __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    words[i + 4] = __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  return words;
}

}  // namespace natto
