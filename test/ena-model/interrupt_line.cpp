#include "interrupt_line.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace ena_model {

InterruptLine::InterruptLine(const std::string& path, bool connected)
    : card_(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)),
      driver_(-1),
      connected_(connected) {
  termios settings{};
  const char* const name =
      card_ >= 0 && grantpt(card_) == 0 && unlockpt(card_) == 0 ? ptsname(card_) : nullptr;
  if (name != nullptr) {
    driver_ = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  }
  if (driver_ < 0 || tcgetattr(driver_, &settings) != 0) {
    throw std::runtime_error("no terminal for interrupts: " + std::string(std::strerror(errno)));
  }
  cfmakeraw(&settings);
  tcsetattr(driver_, TCSANOW, &settings);
  unlink(path.c_str());
  if (symlink(name, path.c_str()) != 0) {
    throw std::runtime_error(path + ": " + std::strerror(errno));
  }
}

InterruptLine::~InterruptLine() {
  close(driver_);
  close(card_);
}

void InterruptLine::raise() {
  obey_switch();
  int waiting = 0;
  if (connected_ && on_ && ioctl(driver_, FIONREAD, &waiting) == 0 && waiting == 0) {
    const std::uint32_t one = 1;
    static_cast<void>(!write(card_, &one, sizeof(one)));
  }
}

void InterruptLine::obey_switch() {
  std::uint32_t value = 0;
  while (read(card_, &value, sizeof(value)) == sizeof(value)) {
    on_ = value != 0;
  }
}

}  // namespace ena_model
