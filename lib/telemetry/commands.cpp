#include "telemetry/commands.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <shared_mutex>
#include <utility>

#include "dpdk/compat.hpp"
#include "dpdk/error.hpp"
#include "dpdk/log.hpp"

namespace natto {
namespace {

using Json = nlohmann::ordered_json;

/// DPDK knows no way to unregister and hands callbacks no context, so what it calls looks here.
struct Registry {
  std::shared_mutex mutex;  ///< shared by answers under way
  std::map<std::string, TelemetryCommand, std::less<>> commands;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

struct FreeData {
  void operator()(rte_tel_data* data) const noexcept { rte_tel_data_free(data); }
};
using Data = std::unique_ptr<rte_tel_data, FreeData>;

bool fill(const Json& json, rte_tel_data* data);

/// DPDK 22.11 leaves control characters out when it writes JSON, and reads astray at bytes beyond
/// ASCII. The length stays.
std::string plain(const Json& text) {
  std::string result = text;
  for (char& c : result) {
    if (c != '\n' && (c < ' ' || c > '~')) {
      c = '?';
    }
  }
  return result;
}

std::string cut(const Json& text) { return plain(text).substr(0, RTE_TEL_MAX_STRING_LEN - 1); }

Data make_nested(const Json& json) {
  Data nested(rte_tel_data_alloc());
  return nested != nullptr && fill(json, nested.get()) ? std::move(nested) : nullptr;
}

bool add_member(rte_tel_data* data, const std::string& name, const Json& value) {
  if (value.is_string()) {
    return rte_tel_data_add_dict_string(data, name.c_str(), cut(value).c_str()) == 0;
  }
  if (value.is_number()) {
    return add_dict_number(data, name.c_str(), value.get<std::uint64_t>()) == 0;
  }
  Data nested = make_nested(value);
  if (nested == nullptr ||
      rte_tel_data_add_dict_container(data, name.c_str(), nested.get(), 0) != 0) {
    return false;
  }
  static_cast<void>(nested.release());
  return true;
}

bool add_element(rte_tel_data* data, const Json& value) {
  return value.is_string() ? rte_tel_data_add_array_string(data, cut(value).c_str()) == 0
                           : add_array_number(data, value.get<std::uint64_t>()) == 0;
}

bool fill(const Json& json, rte_tel_data* data) {
  bool good = true;
  if (json.is_object()) {
    good = rte_tel_data_start_dict(data) == 0;
    for (const auto& [name, value] : json.items()) {
      good = good && add_member(data, name, value);
    }
    return good;
  }
  if (json.is_array()) {
    const bool numbers = !json.empty() && json.front().is_number();
    good = rte_tel_data_start_array(data, numbers ? kNumbers : RTE_TEL_STRING_VAL) == 0;
    for (const Json& value : json) {
      good = good && add_element(data, value);
    }
    return good;
  }
  return json.is_string() && rte_tel_data_string(data, plain(json).c_str()) == 0;
}

int answer(const char* command, const char* parameters, rte_tel_data* data) {
  try {
    const std::shared_lock lock(registry().mutex);
    const auto found = registry().commands.find(std::string_view(command));
    if (found == registry().commands.end()) {
      return -1;
    }
    return fill(found->second.answer(parameters != nullptr ? parameters : ""), data) ? 0 : -1;
  } catch (const std::exception& error) {
    log(LogLevel::kError, "telemetry command {} failed: {}", command, error.what());
    return -1;
  }
}

}  // namespace

Result<TelemetryCommands> TelemetryCommands::serve(std::vector<TelemetryCommand> commands) {
  TelemetryCommands serving;
  for (TelemetryCommand& command : commands) {
    const int error =
        rte_telemetry_register_cmd(command.name.c_str(), answer, command.help.c_str());
    // Registered before in this process: it finds the new one.
    if (error != 0 && error != -EEXIST) {
      return dpdk_error("register the telemetry command", command.name, error);
    }
    const std::unique_lock lock(registry().mutex);
    std::string name = command.name;
    registry().commands.insert_or_assign(std::move(name), std::move(command));
  }
  return serving;
}

TelemetryCommands::TelemetryCommands(TelemetryCommands&& other) noexcept
    : owner_(std::exchange(other.owner_, false)) {}

TelemetryCommands::~TelemetryCommands() {
  if (owner_) {
    const std::unique_lock lock(registry().mutex);
    registry().commands.clear();
  }
}

}  // namespace natto
