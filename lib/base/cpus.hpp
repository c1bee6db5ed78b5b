#pragma once

#include <thread>
#include <vector>

namespace natto {

/// Keeps `thread` on `cpus`, and calls it `name`: at most 15 characters.
void run_on(std::thread::native_handle_type thread, const std::vector<unsigned>& cpus,
            const char* name);

}  // namespace natto
