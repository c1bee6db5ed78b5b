#pragma once

// A card's interrupt, as the kernel's uio gives it to DPDK: the driver reads four bytes when there
// was one, and writes 1 or 0 to switch interrupts on or off. A terminal without a user carries both
// ways.

#include <string>

namespace ena_model {

class InterruptLine {
 public:
  /// `path` is to lead to it; one that is not `connected` is silent. Throws std::runtime_error.
  InterruptLine(const std::string& path, bool connected);
  InterruptLine(const InterruptLine&) = delete;
  InterruptLine& operator=(const InterruptLine&) = delete;
  ~InterruptLine();

  /// Those that the driver has not noticed yet are one.
  void raise();

 private:
  void obey_switch();

  int card_;    ///< the terminal's master
  int driver_;  ///< its other end, to see whether anything waits there
  const bool connected_;
  bool on_ = true;
};

}  // namespace ena_model
