#pragma once

// The driver asks, the card answers: features, queues, statistics.

#include <deque>

#include "device.hpp"
#include "event_queue.hpp"

namespace ena_model {

class AdminQueue {
 public:
  AdminQueue(Device& device, EventQueue& events) : device_(device), events_(events) {}

  void reset();
  /// Takes what was asked since the last call, and answers what is due.
  void step(Clock::time_point now);

 private:
  struct Waiting {
    Clock::time_point due;
    AdminCompletion completion;
  };

  void take_commands(Clock::time_point now);
  [[nodiscard]] AdminStatus run(const AdminCommand& command, AdminCompletion& completion);
  [[nodiscard]] AdminStatus create_completion(const AdminCommand& command,
                                              AdminCompletion& completion);
  [[nodiscard]] AdminStatus create_submission(const AdminCommand& command,
                                              AdminCompletion& completion);
  [[nodiscard]] AdminStatus get_feature(const AdminCommand& command, AdminCompletion& completion);
  [[nodiscard]] AdminStatus set_feature(const AdminCommand& command);
  [[nodiscard]] AdminStatus set_table(const AdminCommand& command);
  [[nodiscard]] AdminStatus get_statistics(const AdminCommand& command,
                                           AdminCompletion& completion);
  [[nodiscard]] std::uint32_t features() const;
  void post(AdminCompletion completion);

  Device& device_;
  EventQueue& events_;
  std::uint16_t head_ = 0;
  CompletionQueue ring_;
  std::deque<Waiting> waiting_;
};

}  // namespace ena_model
