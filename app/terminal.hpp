#pragma once

#include <termios.h>

#include <chrono>
#include <string_view>

namespace natto {

/// The terminal while a live screen is on it: another page, no line editing, no cursor. As it was
/// before once this is gone; SIGINT and SIGTERM end the waiting instead of the program.
class LiveScreen {
 public:
  LiveScreen();
  ~LiveScreen();
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  /// In place of what was shown.
  void show(std::string_view text) const;
  /// False as soon as the user wants to leave: q, or a signal.
  [[nodiscard]] bool wait(std::chrono::milliseconds time) const;

 private:
  termios before_{};
};

/// False if SIGINT or SIGTERM came meanwhile.
[[nodiscard]] bool wait_undisturbed(std::chrono::milliseconds time);

}  // namespace natto
