#pragma once

#include <chrono>
#include <cstddef>

namespace natto::api {

/// What a client may cost the server.
struct Limits {
  std::size_t clients = 100;
  /// Without the line feed: room for the largest packet, which somebody wants explained.
  std::size_t request_bytes = 262'144;
  /// From connecting, or from the last report's end, until the request is there whole.
  std::chrono::milliseconds request_time{10'000};
  /// For taking a report.
  std::chrono::milliseconds report_time{60'000};
};

}  // namespace natto::api
