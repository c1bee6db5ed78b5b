#include "runtime/workers.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_launch.h>

#include "dataplane/pipeline.hpp"

namespace natto {

Result<std::unique_ptr<Workers>> Workers::launch(Dataplane& dataplane,
                                                 const std::vector<unsigned>& lcores) {
  std::unique_ptr<Workers> workers(new Workers(dataplane));
  for (const unsigned lcore : lcores) {
    const auto index = static_cast<std::uint16_t>(workers->workers_.size());
    workers->workers_.push_back({.all = workers.get(), .index = index, .lcore = lcore});
  }
  for (Worker& worker : workers->workers_) {
    if (rte_eal_remote_launch(run, &worker, worker.lcore) < 0) {
      return system_error(
          fmt::format("cannot start a worker on lcore {}: it is not free", worker.lcore));
    }
  }
  return workers;
}

int Workers::run(void* argument) {
  const Worker& worker = *static_cast<Worker*>(argument);
  Dataplane& dataplane = worker.all->dataplane_;
  Pipeline pipeline(dataplane, worker.index);
  WorkerActivity& activity = dataplane.activity[worker.index];
  dataplane.quiescence.enter(worker.index);
  std::uint64_t begin = rte_rdtsc();
  while (!worker.all->stopping_.load(std::memory_order_relaxed)) {
    const bool busy = pipeline.poll() > 0;
    dataplane.quiescence.report(worker.index);
    const std::uint64_t end = rte_rdtsc();
    activity.record(busy, begin, end);
    begin = end;
  }
  pipeline.flush();
  dataplane.quiescence.leave(worker.index);
  return 0;
}

void Workers::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  for (const Worker& worker : workers_) {
    rte_eal_wait_lcore(worker.lcore);
  }
}

}  // namespace natto
