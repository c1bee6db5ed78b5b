#include "health_track.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <time.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "api/client.hpp"
#include "health_judgement.hpp"

namespace natto {
namespace {

/// Longer than any pause of a natto that works, shorter than hosts wait.
constexpr std::chrono::milliseconds kTrackPatience(500);
constexpr timespec kTrackInterval{.tv_sec = 0, .tv_nsec = 50'000'000};

/// One connection for many questions; made anew after an error.
class HealthWatch {
 public:
  explicit HealthWatch(const std::optional<std::filesystem::path>& socket) : socket_(socket) {}

  [[nodiscard]] HealthJudgement look() {
    if (!natto_) {
      Result<api::Client> connected = api::Client::connect(socket_, kTrackPatience);
      if (!connected) {
        return judge_unreachable(connected.error());
      }
      natto_.emplace(*std::move(connected));
    }
    const auto received = natto_->request(api::HealthRequest());
    if (received) {
      return judge_health(received->report);
    }
    natto_.reset();
    return judge_unanswered(received.error());
  }

 private:
  const std::optional<std::filesystem::path>& socket_;
  std::optional<api::Client> natto_;
};

/// In place: keepalived watches this file, and reads it when it is closed.
Status write_value(const std::filesystem::path& file, int value) {
  std::ofstream out(file);
  out << value << '\n' << std::flush;
  return out ? Status(Done{})
             : system_error(fmt::format("cannot write {}: {}\n  keepalived reads it as its "
                                        "track_file; make its folder",
                                        file.string(), std::strerror(errno)));
}

}  // namespace

Status track_health(const std::optional<std::filesystem::path>& socket,
                    const std::filesystem::path& file) {
  sigset_t signals{};
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);

  HealthWatch watch(socket);
  std::optional<int> written;
  do {
    const HealthJudgement judgement = watch.look();
    const int value = track_value(judgement);
    if (written != value) {
      if (const Status status = write_value(file, value); !status) {
        return status;
      }
      written = value;
      std::fputs(health_text(judgement).c_str(), stdout);
      std::fflush(stdout);
    }
  } while (sigtimedwait(&signals, nullptr, &kTrackInterval) < 0);
  return write_value(file, kServesNothing);
}

}  // namespace natto
