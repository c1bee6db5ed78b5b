#pragma once

#include <utility>

#include "api/client.hpp"

namespace natto {

/// Asks one thing after the other, until one fails.
class Questions {
 public:
  explicit Questions(api::Client& natto) : natto_(natto) {}

  template <typename Request, typename Report>
  void ask(const Request& request, Report& report) {
    if (!status_) {
      return;
    }
    auto received = natto_.request(request);
    if (received) {
      report = std::move(received->report);
    } else {
      status_ = received.error();
    }
  }

  /// What was made of the reports, or the error.
  template <typename Made>
  [[nodiscard]] Result<Made> result(Made made) const {
    return status_ ? Result<Made>(std::move(made)) : status_.error();
  }

 private:
  api::Client& natto_;
  Status status_ = Done{};
};

}  // namespace natto
