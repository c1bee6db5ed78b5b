#pragma once

// What a proof is written with. Each file of properties is compiled twice, from the same packet
// code that ships: for KLEE (-DNATTO_KLEE), which runs it on all values at once, and into
// proof_tests, which runs it on frames of the fuzz corpora, of the goldens, and on random ones.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <type_traits>

#ifdef NATTO_KLEE
// What klee/klee.h declares: KLEE's program is all that is needed of it.
extern "C" void klee_make_symbolic(void* object, std::size_t bytes, const char* name);
extern "C" [[noreturn]] void klee_report_error(const char* file, int line, const char* message,
                                               const char* suffix);
#endif

namespace natto::proof {

/// Where the values come from that a property holds for: all values of `bytes` at once, or those
/// of the test. The object called "frame" is a frame's first bytes.
void choose(void* object, std::size_t bytes, const char* name);

/// Any value of T.
template <typename T>
[[nodiscard]] T any(const char* name) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  choose(&value, sizeof(value), name);
  return value;
}
/// A bool is a byte with one of two values.
template <>
[[nodiscard]] inline bool any<bool>(const char* name) {
  return (any<std::uint8_t>(name) & 1U) != 0;
}

/// Any number below `count`, at most 256. KLEE looks at each by itself: that says nothing else, but
/// saves its solver work where much depends on the number.
[[nodiscard]] std::size_t pick(std::size_t count, const char* name);

/// Says what is broken, and where.
[[noreturn]] void refute(const char* condition, const char* file, int line);

/// Bytes in a block of their own, so that KLEE and the sanitizers see every access beyond them.
class Block {
 public:
  Block(std::size_t size, const char* name)
      : data_(static_cast<std::uint8_t*>(std::malloc(size))), size_(size) {
    if (size != 0) {
      choose(data_, size, name);
    }
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { std::free(data_); }

  [[nodiscard]] std::span<std::uint8_t> bytes() const { return {data_, size_}; }

 private:
  std::uint8_t* data_;
  std::size_t size_;
};

/// A property of frames whose head has `size` bytes, or of whatever else has a size.
using Property = void (*)(std::size_t size);

#ifdef NATTO_KLEE

inline void choose(void* object, std::size_t bytes, const char* name) {
  void* const whole = std::malloc(bytes);  // KLEE chooses objects, and no parts of them
  klee_make_symbolic(whole, bytes, name);
  std::memcpy(object, whole, bytes);
  std::free(whole);
}
inline std::size_t pick(std::size_t count, const char* name) {
  const std::size_t picked = any<std::uint8_t>(name) % count;
  volatile std::size_t value = 0;  // or the compiler takes the one for the other
  while (picked != value) {
    value = value + 1;
  }
  return value;
}
inline void refute(const char* condition, const char* file, int line) {
  klee_report_error(file, line, condition, "refuted.err");
}

#define PROPERTY(name) void name([[maybe_unused]] std::size_t size)

#else

inline std::size_t pick(std::size_t count, const char* name) {
  return any<std::uint8_t>(name) % count;
}

struct Registration {
  Registration(const char* name, Property property);
};

#define PROPERTY(name)                                                      \
  static void name(std::size_t size);                                       \
  static const natto::proof::Registration registration_##name(#name, name); \
  static void name([[maybe_unused]] std::size_t size)

#endif

#define PROVE(condition)                                    \
  do {                                                      \
    if (!(condition)) {                                     \
      natto::proof::refute(#condition, __FILE__, __LINE__); \
    }                                                       \
  } while (false)

}  // namespace natto::proof
