#pragma once

#include <chrono>
#include <cstddef>

namespace natto::api {

/// What a client may cost the server.
struct Limits {
  std::size_t clients = 100;
  /// Of one user who may only read: the others have their places, too.
  std::size_t clients_of_a_reader = 20;
  /// Without the line feed: room for the largest packet, which somebody wants explained.
  std::size_t request_bytes = 262'144;
  /// From connecting, or from the last report's end, until the request is there whole.
  std::chrono::milliseconds request_time{10'000};
  /// While a request is under way, natto's last progress is said again this often.
  std::chrono::milliseconds progress_time{500};
  /// So often natto looks for more of what a client follows.
  std::chrono::milliseconds follow_time{5};
  /// For taking a report.
  std::chrono::milliseconds report_time{60'000};
};

}  // namespace natto::api
