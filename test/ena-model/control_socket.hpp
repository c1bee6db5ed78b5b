#pragma once

// Where faults are asked for, and counts are read: a UNIX socket of packets (SOCK_SEQPACKET), a
// command and an answer each. "0 keep-alive off" is for card 0; "0 report" answers with JSON.

#include <filesystem>
#include <memory>
#include <vector>

#include "card.hpp"

namespace ena_model {

class ControlSocket {
 public:
  /// Throws std::runtime_error.
  explicit ControlSocket(const std::filesystem::path& path);
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;
  ~ControlSocket();

  /// Obeys what came. Never waits.
  void step(std::vector<std::unique_ptr<Card>>& cards);

 private:
  int listener_;
  std::vector<int> clients_;
};

}  // namespace ena_model
