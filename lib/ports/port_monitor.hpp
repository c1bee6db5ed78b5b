#pragma once

// Reads the counters of the ports' devices, and of the kernel's interfaces that they are on, and
// keeps a copy for all others: throttling by EC2, and packets lost before a worker saw them.
// Reading a device may take seconds and must not meet its reset, so only control reads it.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/port_set.hpp"
#include "ports/kernel_losses.hpp"
#include "ports/port.hpp"
#include "ports/port_counters.hpp"
#include "ports/resolver.hpp"
#include "ports/watched_counters.hpp"

namespace natto {

/// A watched counter of the device.
struct WatchedValue {
  std::string name;
  std::uint64_t value = 0;        ///< the device's; goes on where a reset set it to zero
  std::uint64_t last_minute = 0;  ///< how much it grew
  const WatchedCounter* watched;
};

class PortMonitor {
 public:
  static constexpr Instant kPeriod{1'000};
  static constexpr Instant kMinute{60'000};
  /// When counters that could be read cannot be read so often in a row, the device does not answer,
  /// and its driver should have noticed.
  static constexpr unsigned kUnanswered = 5;

  using ReadCounters = std::function<Result<std::vector<PortCounter>>(std::uint16_t port)>;

  /// `names`: of the ports, for the log.
  explicit PortMonitor(std::vector<std::string> names, ReadCounters read = read_port_counters);

  /// Control, as often as it likes: reads the port whose turn it is, each about once a second,
  /// unless it is out of use. Warns of a counter that grew, at most once a minute. Returns the port
  /// if its driver has counted what needs a reset, or cannot read its counters any more.
  std::optional<std::size_t> sample(Instant now, const std::vector<Port>& ports, PortSet in_use);

  /// By name. Any thread but workers. None before the first sample.
  [[nodiscard]] std::vector<WatchedValue> counters(std::size_t port) const;

  /// By name, as the device counts them since it started: rx_good_bytes, tx_good_bytes, and where
  /// the driver counts by queue rx_q0_bytes and so on. Any thread but workers.
  [[nodiscard]] std::vector<PortCounter> bytes(std::size_t port) const;

 private:
  struct Sample {
    Instant time;
    std::uint64_t value;
  };
  /// What the device counts, going on where a reset of the device puts it to zero.
  struct Continued {
    std::uint64_t last_read = 0;
    std::uint64_t value = 0;
    void read(std::uint64_t now) {
      value += now >= last_read ? now - last_read : now;
      last_read = now;
    }
  };
  struct Counter {
    explicit Counter(const WatchedCounter& entry) : watched(&entry) {}

    const WatchedCounter* watched;
    Continued continued;
    std::uint64_t value = 0;
    std::deque<Sample> minute;  ///< oldest first; the first is a minute old, or the first ever
    std::optional<Instant> warned;
    std::uint64_t value_at_warning = 0;
  };
  struct Watch {
    std::string name;
    std::optional<Instant> sampled;
    std::optional<KernelLosses> kernel_losses;
    bool has_answered = false;  ///< since the last reset for want of answers
    unsigned unanswered = 0;    ///< in a row
    std::map<std::string, Counter> counters;
    std::map<std::string, Continued> bytes;
  };

  /// Both return whether the device needs a reset.
  [[nodiscard]] static bool miss(Watch& watch);
  [[nodiscard]] bool take(Instant now, Watch& watch, const std::vector<PortCounter>& read);
  static void update(Counter& counter, Instant now, std::uint64_t value);
  static void warn(const std::string& port, const std::string& name, Counter& counter, Instant now);

  const ReadCounters read_;
  std::vector<Watch> watches_;  ///< by port; control's alone
  std::size_t next_ = 0;        ///< the port whose turn it is

  mutable std::mutex mutex_;  ///< guards what follows, by port
  std::vector<std::vector<WatchedValue>> counters_;
  std::vector<std::vector<PortCounter>> bytes_;
};

}  // namespace natto
