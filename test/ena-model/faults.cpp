#include "faults.hpp"

#include <charconv>
#include <functional>
#include <map>
#include <optional>

namespace ena_model {
namespace {

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

std::optional<bool> on_off(std::string_view text) {
  if (text == "on" || text == "off") {
    return text == "on";
  }
  return std::nullopt;
}

/// Commands whose argument is "on" or "off".
const std::map<std::string_view, bool Faults::*> kSwitches = {
    {"keep-alive", &Faults::keep_alive},     {"link", &Faults::link},
    {"receive", &Faults::receives},          {"dead", &Faults::dead},
    {"refuse-mtu", &Faults::mtu_refused},    {"hang-reset", &Faults::reset_hangs},
    {"silent-admin", &Faults::admin_silent}, {"hold-tx-completions", &Faults::tx_completions_held},
};

/// Commands whose argument is how often, from now on; or which.
const std::map<std::string_view, std::uint32_t Faults::*> kNumbers = {
    {"fail-reset", &Faults::resets_failing},
    {"fail-creation-at", &Faults::creation_failing},
    {"fail-admin", &Faults::admin_failing},
    {"fail-feature", &Faults::feature_failing},
    {"lose-tx-completions", &Faults::tx_completions_lost},
    {"double-tx-completions", &Faults::tx_completions_doubled},
    {"wrong-tx-ids", &Faults::tx_ids_wrong},
    {"wrong-rx-ids", &Faults::rx_ids_wrong},
    {"lone-wrong-rx-ids", &Faults::lone_rx_ids_wrong},
    {"warnings", &Faults::warnings},
    {"fatal-events", &Faults::fatal_events},
    {"spurious-interrupts", &Faults::spurious_interrupts},
};

/// Commands whose argument is milliseconds.
const std::map<std::string_view, std::chrono::milliseconds Faults::*> kDelays = {
    {"admin-delay", &Faults::admin_delay},
    {"admin-timeout", &Faults::admin_timeout},
    {"reset-delay", &Faults::reset_delay},
};

}  // namespace

std::string Faults::set(std::string_view command) {
  const std::size_t space = command.find(' ');
  const std::string_view name = command.substr(0, space);
  const std::string_view argument =
      space == std::string_view::npos ? std::string_view() : command.substr(space + 1);
  if (name == "heal" && argument.empty()) {
    *this = Faults();
    return "";
  }
  if (const auto found = kSwitches.find(name); found != kSwitches.end()) {
    const auto value = on_off(argument);
    if (value) {
      this->*found->second = *value;
    }
    return value ? "" : "say on or off";
  }
  const auto value = number(argument);
  if (const auto found = kNumbers.find(name); found != kNumbers.end()) {
    if (value) {
      this->*found->second = *value;
    }
    return value ? "" : "say a number";
  }
  if (const auto found = kDelays.find(name); found != kDelays.end()) {
    if (value) {
      this->*found->second = std::chrono::milliseconds(*value);
    }
    return value ? "" : "say milliseconds";
  }
  return "no such fault: " + std::string(name);
}

}  // namespace ena_model
