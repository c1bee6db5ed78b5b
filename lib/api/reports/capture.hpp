#pragma once

#include <memory>
#include <string>

#include "api/answer.hpp"
#include "api/messages.hpp"
#include "api/peer.hpp"
#include "api/reports/appliance_part.hpp"

namespace natto::api {

class LiveCapture;

/// The server's thread. There is one capture at a time, since each takes memory for every worker.
class Captures {
 public:
  explicit Captures(const AppliancePart& appliance) : appliance_(appliance) {}

  /// Has the workers copy what `request` wants: the lines that tell of it. They end it when they
  /// are let go of.
  [[nodiscard]] Result<Pieces> begin(const CaptureRequest& request, const Peer& peer);

 private:
  const AppliancePart appliance_;
  std::weak_ptr<LiveCapture> current_;
  std::string who_;  ///< has it
};

}  // namespace natto::api
