#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "audit/chain.hpp"
#include "audit/event.hpp"
#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto {

/// The file of an audit. It is only ever appended to, and synced: append() waits for the disk. One
/// thread.
class AuditLog {
 public:
  explicit AuditLog(std::filesystem::path path) : path_(std::move(path)) {}

  struct Appended {
    std::string lines;       ///< the event's, and before it what else had to be said
    Status synced = Done{};  ///< whether the disk has them
  };
  /// `missing`: events before it that are in no line. An error: the event is not in the file, but a
  /// part of its line may be; the next one says so.
  [[nodiscard]] Result<Appended> append(const AuditEvent& event, std::uint64_t missing);

 private:
  [[nodiscard]] Status open_again();
  [[nodiscard]] bool is_at_path() const;
  [[nodiscard]] Status catch_up();
  void take_lines(std::size_t from);

  std::filesystem::path path_;
  Descriptor file_;
  std::uint64_t end_ = 0;  ///< of the newest line, in bytes
  ChainPosition newest_;
  std::string tail_;                     ///< what is in the file behind `end_`
  std::optional<ChainPosition> before_;  ///< the newest line of a file that was here
};

}  // namespace natto
