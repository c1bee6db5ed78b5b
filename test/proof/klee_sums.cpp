// For KLEE alone, in place of ones_sum() where a property is about what is done with a sum, and not
// about what it is: any number, but the same for the same bytes. Its reads are those of ones_sum().
// arithmetic_test.cpp has what it is. Code that is compiled with this is compiled with -fno-inline,
// so that it calls a function at all.

#include <array>

#include "proof/proof.hpp"

namespace natto {
namespace {

constexpr std::size_t kLongest = 576;
constexpr std::size_t kMost = 8;

struct Sum {
  std::array<std::uint8_t, kLongest> bytes;
  std::size_t size;
  std::uint16_t begin;
  std::uint16_t value;
};
std::array<Sum, kMost> sums;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::size_t known = 0;        // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

bool is_same(const Sum& a, const Sum& b) {
  bool same = a.begin == b.begin;
  for (std::size_t i = 0; i < a.size; ++i) {
    same &= a.bytes[i] == b.bytes[i];
  }
  return same;
}

}  // namespace

// The header has it inline: the linker takes this one.
std::uint16_t ones_sum(std::span<const std::uint8_t> bytes, std::uint16_t begin) noexcept {
  if (bytes.size() > kLongest || known == kMost) {
    proof::refute("the stand-in for ones_sum() is too small", __FILE__, __LINE__);
  }
  Sum& asked = sums[known];
  asked.size = 0;
  asked.begin = begin;
  while (asked.size != bytes.size()) {  // so that it is one number, where it may be any
    asked.bytes[asked.size] = bytes[asked.size];
    ++asked.size;
  }
  for (std::size_t i = 0; i < known; ++i) {
    if (sums[i].size == asked.size && is_same(sums[i], asked)) {
      return sums[i].value;
    }
  }
  asked.value = proof::any<std::uint16_t>("sum");
  ++known;
  return asked.value;
}

}  // namespace natto
