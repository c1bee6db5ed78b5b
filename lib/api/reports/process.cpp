#include <rte_version.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "api/reports/reports.hpp"

namespace natto::api {
namespace {

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

/// proc_pid_statm(5): its second number, in pages.
std::uint64_t resident_bytes() {
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

ProcessReport process_report() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {.version = NATTO_VERSION,
          .dpdk = rte_version(),
          .process = static_cast<std::uint64_t>(getpid()),
          .cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
          .resident_bytes = resident_bytes()};
}

}  // namespace natto::api
