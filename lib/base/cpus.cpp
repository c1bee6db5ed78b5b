#include "base/cpus.hpp"

#include <pthread.h>
#include <sched.h>

namespace natto {

void run_on(std::thread::native_handle_type thread, const std::vector<unsigned>& cpus,
            const char* name) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned cpu : cpus) {
    CPU_SET(cpu, &set);
  }
  pthread_setaffinity_np(thread, sizeof(set), &set);
  pthread_setname_np(thread, name);
}

}  // namespace natto
