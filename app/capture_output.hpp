#pragma once

// Where captured packets go.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <ostream>

#include "api/messages.hpp"
#include "base/result.hpp"
#include "pcapng_writer.hpp"

namespace natto {

class CaptureOutput {
 public:
  CaptureOutput() = default;
  CaptureOutput(const CaptureOutput&) = delete;
  CaptureOutput& operator=(const CaptureOutput&) = delete;
  virtual ~CaptureOutput() = default;

  virtual void take(const api::CapturedReport& packet) = 0;
  /// What was taken is to be seen now. An error if it cannot be written.
  [[nodiscard]] virtual Status flush() = 0;
};

/// A line a packet on standard output: for people, or as JSON.
class CaptureLines final : public CaptureOutput {
 public:
  explicit CaptureLines(bool json) : json_(json) {}
  void take(const api::CapturedReport& packet) override;
  [[nodiscard]] Status flush() override;

 private:
  bool json_;
};

/// A pcapng file, or several that replace each other. A packet is in it as it came and as it
/// leaves, with the same packet id.
class CaptureFiles final : public CaptureOutput {
 public:
  struct Options {
    std::filesystem::path file;  ///< "-": standard output
    std::uint32_t snaplen;
    std::uint64_t bytes = 0;  ///< of a file, from which on the next is begun; 0: there is one file
    std::uint64_t files = 0;  ///< after so many, the first is written anew; 0: any number
  };
  [[nodiscard]] static Result<std::unique_ptr<CaptureFiles>> open(Options options);

  void take(const api::CapturedReport& packet) override;
  [[nodiscard]] Status flush() override;

  /// Of the file with number `index` (from 0), as tcpdump names them: FILE, FILE1, …; of a ring
  /// FILE0, FILE1, … with as many digits each.
  [[nodiscard]] static std::filesystem::path name(const Options& options, std::uint64_t index);

 private:
  explicit CaptureFiles(Options options) : options_(std::move(options)) {}
  [[nodiscard]] Status begin();
  [[nodiscard]] Error cannot_write() const;
  void write(const api::CapturedReport& packet, bool outgoing, const std::string& comment);

  Options options_;
  std::uint64_t index_ = 0;
  std::ofstream file_;
  std::ostream* out_ = nullptr;
  std::optional<PcapngWriter> writer_;
  Status begun_ = Done{};  ///< the file
};

}  // namespace natto
