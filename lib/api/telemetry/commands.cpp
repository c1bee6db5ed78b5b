#include "api/telemetry/commands.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string_view>

#include "dpdk/compat.hpp"
#include "dpdk/error.hpp"
#include "dpdk/log.hpp"

namespace natto {
namespace {

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

bool add_list(rte_tel_data* data, const std::string& name,
              const std::vector<std::uint64_t>& numbers) {
  Data list(rte_tel_data_alloc());
  if (list == nullptr || rte_tel_data_start_array(list.get(), kNumbers) != 0) {
    return false;
  }
  for (const std::uint64_t number : numbers) {
    if (add_array_number(list.get(), number) != 0) {
      return false;
    }
  }
  if (rte_tel_data_add_dict_container(data, name.c_str(), list.get(), 0) != 0) {
    return false;
  }
  static_cast<void>(list.release());
  return true;
}

bool fill(const TelemetryAnswer& answer, rte_tel_data* data) {
  bool good = rte_tel_data_start_dict(data) == 0;
  for (const auto& [name, number] : answer.numbers) {
    good = good && add_dict_number(data, name.c_str(), number) == 0;
  }
  for (const auto& [name, numbers] : answer.lists) {
    good = good && add_list(data, name, numbers);
  }
  return good;
}

int answer(const char* command, const char* /*parameters*/, rte_tel_data* data) {
  try {
    const std::shared_lock lock(registry().mutex);
    const auto found = registry().commands.find(std::string_view(command));
    if (found == registry().commands.end()) {
      return -1;
    }
    return fill(found->second.answer(), data) ? 0 : -1;
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
