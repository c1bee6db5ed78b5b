#include "terminal.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace natto {
namespace {

volatile sig_atomic_t interrupted = 0;

void note_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void write_out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// As many of the first lines as the terminal has.
std::string_view fitting(std::string_view text) {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) {
    return text;
  }
  std::size_t end = 0;
  for (int line = 0; line + 1 < size.ws_row && end != std::string_view::npos; ++line) {
    end = text.find('\n', end + (line > 0 ? 1 : 0));
  }
  return text.substr(0, end);
}

}  // namespace

LiveScreen::LiveScreen() {
  note_signals();
  tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_out("\x1b[?1049h\x1b[?25l");
}

LiveScreen::~LiveScreen() {
  write_out("\x1b[?25h\x1b[?1049l");
  tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void LiveScreen::show(std::string_view text) const {
  write_out("\x1b[H\x1b[J" + std::string(fitting(text)));
}

bool LiveScreen::wait(std::chrono::milliseconds time) const {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  char key = 0;
  if (poll(&input, 1, static_cast<int>(time.count())) > 0 && read(STDIN_FILENO, &key, 1) == 1) {
    return key != 'q' && interrupted == 0;
  }
  return interrupted == 0;
}

bool wait_undisturbed(std::chrono::milliseconds time) {
  note_signals();
  poll(nullptr, 0, static_cast<int>(time.count()));
  return interrupted == 0;
}

}  // namespace natto
