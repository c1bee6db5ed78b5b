#pragma once

// Addresses in binary fields, by Wireshark's dissectors: a tshark gets the packets of a capture on
// its standard input, and prints a line of address fields for each. It reads what strangers sent.
// So it runs without root's rights, network and files to write, with so much memory, and it must go
// on answering.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "captures/capture_file.hpp"
#include "captures/temporary_file.hpp"
#include "inspect/findings.hpp"
#include "inspect/sighting.hpp"

namespace natto {

/// The names of all fields with IPv4 addresses that this machine's tshark knows, but those of the
/// IPv4 header, which natto translates, and identifiers that only look like addresses. A system
/// error: there is no tshark, or it does not run.
[[nodiscard]] Result<std::vector<std::string>> address_fields();

/// One tshark on the packets of one capture.
class Dissection {
 public:
  using Take = std::function<void(const Sighting&, std::span<const FieldValue>)>;

  /// `take` gets each sighting, in order, with what was found in its fields: on another thread
  /// until finish() returns. `fields` outlives this.
  Dissection(const std::vector<std::string>& fields, Take take);
  Dissection(const Dissection&) = delete;
  Dissection& operator=(const Dissection&) = delete;
  ~Dissection();

  /// `frame` is that of the sighting, unless that is late. Waits while tshark is behind.
  void add(Sighting sighting, const CapturedFrame& frame);

  /// Waits for the end. The error says from which frame on no fields were looked at, and why; what
  /// could be taken without them has been.
  [[nodiscard]] Status finish();

 private:
  [[nodiscard]] bool feed(const CapturedFrame& frame);
  void hear();
  void take_row(std::string_view row);
  [[nodiscard]] bool is_row_missing();
  void end();
  [[nodiscard]] std::string last_words() const;

  const std::vector<std::string>& fields_;
  Take take_;
  std::string trouble_;  ///< why it does not run
  Result<TemporaryFile> errors_;
  Descriptor to_;
  Descriptor from_;
  int process_ = -1;
  int status_ = 0;
  bool ended_ = false;
  std::atomic<bool> silent_ = false;  ///< it was ended since it said nothing any more
  std::uint64_t unread_from_ = 0;     ///< the first frame without a row; 0: none
  std::string bytes_;                 ///< a packet, as it is given to tshark
  std::vector<FieldValue> found_;     ///< in a row
  std::mutex mutex_;
  std::deque<Sighting> waiting_;  ///< for their rows; under the mutex
  std::thread reader_;
};

}  // namespace natto
