#include "reception.hpp"

#include <utility>

#include "api/socket_path.hpp"
#include "dpdk/log.hpp"

namespace natto {
namespace {

constexpr std::chrono::seconds kBetweenTries(10);

}  // namespace

Result<Reception> Reception::open(const ApiConfig& config) {
  Result<api::Access> access = api::Access::create(config);
  if (!access) {
    return access.error();
  }
  Reception reception(config, *std::move(access));
  if (const Status tried = reception.try_it(); !tried && tried.error().kind != ErrorKind::kSystem) {
    return tried.error();
  }
  return reception;
}

void Reception::step(Clock::time_point now, Appliance& appliance) {
  if (open_ || now < next_try_) {
    return;
  }
  next_try_ = now + kBetweenTries;
  if (const Status tried = try_it(); !tried) {
    if (std::string obstacle = tried.error().what(); obstacle != obstacle_) {
      log(LogLevel::kError,
          "no socket: {}; natto forwards, but cannot be managed: another try in {} s", obstacle,
          kBetweenTries.count());
      obstacle_ = std::move(obstacle);
    }
    return;
  }
  log(LogLevel::kInfo, "answers at {}", listener_->path().string());
  appliance.serve(*std::move(listener_), access_);
  open_ = true;
}

Status Reception::try_it() {
  if (listener_) {
    return Done{};
  }
  const Result<std::filesystem::path> path =
      api::choose_socket_path(config_.socket, api::default_folders());
  if (!path) {
    return path.error();
  }
  Result<api::Listener> listener = api::Listener::claim(*path);
  if (!listener) {
    return listener.error();
  }
  listener_.emplace(*std::move(listener));
  return Done{};
}

}  // namespace natto
