#pragma once

// Memory that runs out on purpose: the n-th allocation of the calling thread fails, be it operator
// new's or DPDK's.

namespace natto::test {

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
