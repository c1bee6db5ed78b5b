#include "packet/checksum_hint.hpp"

namespace natto {
namespace {

/// By chance three of 300 packets look so once in a hundred million windows. Of packets that are
/// all half made, one in a burst is seen, and a burst has 32 at most.
constexpr std::uint64_t kLeast = 3;
constexpr std::uint64_t kLeastShare = 100;

}  // namespace

bool ChecksumHint::step(std::uint64_t half_made, std::uint64_t received, Instant now) {
  const Window current{.begin = now, .half_made = half_made, .received = received};
  if (!window_) {
    window_ = current;
  }
  const std::uint64_t grown = half_made - window_->half_made;
  const bool is_news = grown >= kLeast && grown * kLeastShare > received - window_->received;
  if (now >= window_->begin + kWindow) {
    window_ = current;
  }
  if (!is_news || (said_ && now < *said_ + kPause)) {
    return false;
  }
  said_ = now;
  return true;
}

}  // namespace natto
