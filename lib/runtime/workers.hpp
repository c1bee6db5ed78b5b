#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "dataplane/dataplane.hpp"

namespace natto {

/// The workers of a data plane: a thread on an lcore of its own for each, which polls until it is
/// stopped. Main thread, but for what any thread may call.
class Workers {
 public:
  /// One for each of `lcores`; `dataplane` was made for as many, and lives longer.
  [[nodiscard]] static Result<std::unique_ptr<Workers>> launch(Dataplane& dataplane,
                                                               const std::vector<unsigned>& lcores);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  /// Stops them.
  ~Workers() { stop(); }

  /// Waits until none polls any more. Does no harm twice.
  void stop();

 private:
  struct Worker {
    Workers* all;
    std::uint16_t index;
    unsigned lcore;
  };

  explicit Workers(Dataplane& dataplane) : dataplane_(dataplane) {}
  static int run(void* worker);

  Dataplane& dataplane_;
  std::vector<Worker> workers_;
  std::atomic<bool> stopping_{false};
};

}  // namespace natto
