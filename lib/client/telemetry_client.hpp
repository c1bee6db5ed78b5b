#pragma once

// A client of a running natto's telemetry socket (doc/telemetry.md). No DPDK: plain sockets.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace natto {

class TelemetryClient {
 public:
  /// Longest time to wait for an answer: a reload of a large table takes seconds.
  static constexpr int kPatienceSeconds = 60;

  /// To the socket at `path`; without one to that of the only natto that runs here. Errors of kind
  /// kSystem say where it looked and what to do.
  [[nodiscard]] static Result<TelemetryClient> connect(
      const std::optional<std::filesystem::path>& path);

  TelemetryClient(TelemetryClient&& other) noexcept;
  TelemetryClient& operator=(TelemetryClient&&) = delete;
  TelemetryClient(const TelemetryClient&) = delete;
  TelemetryClient& operator=(const TelemetryClient&) = delete;
  ~TelemetryClient();

  /// The answer to "command,parameters". An answer of null is an error of kind kInput.
  [[nodiscard]] Result<nlohmann::ordered_json> ask(std::string_view command,
                                                   std::string_view parameters = "") const;

 private:
  explicit TelemetryClient(int socket) noexcept : socket_(socket) {}
  /// `abandoned`: the socket is what a natto that was killed has left.
  [[nodiscard]] static Result<TelemetryClient> open(const std::filesystem::path& path,
                                                    bool& abandoned);

  int socket_;
};

/// natto.service's RuntimeDirectory.
inline constexpr const char* kServiceRuntimeFolder = "/run/natto";

/// Where to look for sockets: where DPDK keeps those of this user's programs (its own rule:
/// $RUNTIME_DIRECTORY, else /var/run for root, else $XDG_RUNTIME_DIR, else /tmp), and those of
/// natto.service.
[[nodiscard]] std::vector<std::filesystem::path> dpdk_runtime_folders();

/// Sockets of the nattos in `folders`, running or not, by name.
[[nodiscard]] std::vector<std::filesystem::path> natto_sockets(
    const std::vector<std::filesystem::path>& folders);

}  // namespace natto
