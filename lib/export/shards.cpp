#include "export/shards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>

namespace natto::exports {
namespace {

std::uint64_t weight_of(std::string_view item, unsigned instance) {
  constexpr std::uint64_t kOffset = 0xcbf29ce484222325;
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash = kOffset;
  for (const char c : fmt::format("{}#{}", item, instance)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  }
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31U);
}

}  // namespace

std::vector<unsigned> instances_for(std::string_view item, unsigned count) {
  std::vector<std::uint64_t> weights;
  for (unsigned instance = 1; instance <= count; ++instance) {
    weights.push_back(weight_of(item, instance));
  }
  std::vector<unsigned> order(count);
  std::iota(order.begin(), order.end(), 1U);
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](unsigned instance) { return weights[instance - 1]; });
  return order;
}

}  // namespace natto::exports
