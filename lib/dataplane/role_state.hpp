#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "packet/role.hpp"

namespace natto {

/// The role that this natto has, and who gave it. Any thread but workers, which translate alike in
/// both.
class RoleState {
 public:
  struct Given {
    Role role = Role::kActive;
    std::chrono::system_clock::time_point since = std::chrono::system_clock::now();
    std::string who = {};  ///< the user and process that asked for it; empty: natto.toml
  };

  /// Before anyone else looks.
  void start_as(Role role) { role_.store(given_.role = role); }

  /// Also of the role that it has: an active one announces its addresses once more.
  void give(Role role, std::string who) {
    const std::lock_guard lock(mutex_);
    if (role != given_.role) {
      given_ = {.role = role, .who = std::move(who)};
    }
    role_.store(role);
    if (role == Role::kActive) {
      activations_.fetch_add(1);
    }
  }

  [[nodiscard]] Given given() const {
    const std::lock_guard lock(mutex_);
    return given_;
  }
  [[nodiscard]] Role role() const noexcept { return role_.load(); }
  /// How often it was made active since it started.
  [[nodiscard]] std::uint64_t activations() const noexcept { return activations_.load(); }

 private:
  mutable std::mutex mutex_;  ///< guards given_
  Given given_;
  std::atomic<Role> role_ = Role::kActive;
  std::atomic<std::uint64_t> activations_ = 0;
};

}  // namespace natto
