#pragma once

#include <chrono>
#include <cstddef>

namespace natto::api {

/// What a client may cost the server.
struct Limits {
  std::size_t clients = 100;
  std::size_t request_bytes = 65'536;  ///< without the line feed
  /// From connecting, or from the last report's end, until the request is there whole.
  std::chrono::milliseconds request_time{10'000};
  /// For taking a report.
  std::chrono::milliseconds report_time{60'000};
};

}  // namespace natto::api
