#pragma once

#include <map>
#include <string>
#include <vector>

#include "history/period.hpp"

namespace natto {

/// Entries of the same become one; see key_of.
template <typename Count>
class Sums {
 public:
  void add(const Count& more) {
    if (const auto [at, is_new] = sums_.try_emplace(key_of(more), more); !is_new) {
      at->second += more;
    }
  }

  [[nodiscard]] std::vector<Count> values() const {
    std::vector<Count> found;
    for (const auto& [key, count] : sums_) {
      found.push_back(count);
    }
    return found;
  }

 private:
  std::map<std::vector<std::string>, Count> sums_;
};

}  // namespace natto
