#pragma once

// Memory that runs out on purpose: the n-th allocation of the calling thread fails, be it operator
// new's or DPDK's.

// Sanitizers bring an operator new of their own; DPDK's alone fails then.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NATTO_OPERATOR_NEW_IS_TAKEN
#endif
#endif

namespace natto::test {

#ifdef NATTO_OPERATOR_NEW_IS_TAKEN
inline constexpr bool kOperatorNewFails = false;
#else
inline constexpr bool kOperatorNewFails = true;
#endif

/// While it lives, allocation number `nth` (from 1) of this thread fails; those after it succeed.
class FailingAllocation {
 public:
  explicit FailingAllocation(int nth);
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  /// Whether that many were made.
  [[nodiscard]] bool has_failed() const;
};

}  // namespace natto::test
