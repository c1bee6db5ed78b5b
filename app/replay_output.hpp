#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/realm.hpp"
#include "base/result.hpp"
#include "captures/capture_format.hpp"
#include "captures/temporary_file.hpp"
#include "replay_input.hpp"
#include "runtime/packet_origins.hpp"

namespace natto {

/// What leaves towards a realm. net_pcap writes it to a temporary file; from there each packet goes
/// to the user's file, with the time and the comments of the one that it was when it came.
class ReplayOutput {
 public:
  /// Fails if `file` cannot be written.
  [[nodiscard]] static Result<ReplayOutput> open(const std::filesystem::path& file, RealmId realm);

  /// For DPDK.
  [[nodiscard]] std::filesystem::path device_file() const { return temporary_->path(); }
  [[nodiscard]] const std::filesystem::path& named() const noexcept { return file_; }
  [[nodiscard]] RealmId realm() const noexcept { return realm_; }

  /// After DPDK has closed its file: writes the user's. `origins` are those of the packets,
  /// `input_of` gives a realm's input, or null.
  [[nodiscard]] Status finish(const std::vector<PacketOrigin>& origins, CaptureFormat format,
                              const std::string& realm_name,
                              const std::function<const ReplayInput*(RealmId)>& input_of) const;

 private:
  ReplayOutput(std::filesystem::path file, RealmId realm, TemporaryFile temporary)
      : file_(std::move(file)),
        realm_(realm),
        temporary_(std::make_unique<const TemporaryFile>(std::move(temporary))) {}

  std::filesystem::path file_;
  RealmId realm_;
  std::unique_ptr<const TemporaryFile> temporary_;
};

}  // namespace natto
