#pragma once

#include <cstdint>
#include <string_view>

namespace natto {

/// Of two natto that have the same table, which one hosts are to send to. Both translate whatever
/// reaches them: they have no connections that only one of them knows.
enum class Role : std::uint8_t {
  kActive,   ///< answers for its own addresses and for mapped ones
  kStandby,  ///< answers for its own addresses only
};

/// As natto.toml says it.
[[nodiscard]] constexpr std::string_view name_of(Role role) noexcept {
  return role == Role::kActive ? "active" : "standby";
}

}  // namespace natto
