#pragma once

// Text of addresses in a stream that comes in pieces, such as TCP segments: a text may lie in two
// of them, and one that ends where a piece ends is known only when the next one comes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "inspect/text_search.hpp"

namespace natto {

class TextStream {
 public:
  /// Calls `before` with an address that ended with the piece before, if this one does not go on
  /// with it, and `here` with each that ends in this one. `joined` is room that streams can share.
  template <typename Before, typename Here>
  void next(std::string_view piece, std::string& joined, const Before& before, const Here& here) {
    const std::size_t kept = size_;
    std::string_view all = piece;
    if (kept > 0) {
      joined.assign(kept_.data(), kept);
      joined += piece;
      all = joined;
    }
    const std::optional<Open> was_open = std::exchange(open_, std::nullopt);
    text_search::for_each(all, [&](const text_search::Match& match) {
      if (match.open) {
        open_ = Open{match.address, all.size() - match.end};
      } else if (match.end > kept) {
        here(match.address);
      } else if (was_open && match.end == kept - was_open->rest) {
        before(match.address);
      }
    });
    keep(all);
  }

  /// The address that ends with the last piece, unless the next one goes on with it: it is one if
  /// the stream ends here.
  [[nodiscard]] std::optional<Ipv4Address> open() const noexcept {
    return open_ ? std::optional(open_->address) : std::nullopt;
  }

 private:
  /// Of any text that ends in the next piece, all that lies in this one; and what stands before it.
  static constexpr std::size_t kMostKept = 2 * text_search::kLongestBytes;

  struct Open {
    Ipv4Address address;
    std::size_t rest;  ///< bytes behind its text
  };

  void keep(std::string_view all) {
    all.remove_prefix(all.size() > kMostKept ? all.size() - kMostKept : 0);
    all.copy(kept_.data(), all.size());
    size_ = static_cast<std::uint8_t>(all.size());
  }

  std::optional<Open> open_;
  std::uint8_t size_ = 0;
  std::array<char, kMostKept> kept_;
};

}  // namespace natto
