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

#include "dataplane/counters.hpp"
#include "dataplane/port_set.hpp"
#include "ports/answer_watch.hpp"
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

  using ReadCounters = std::function<Result<std::vector<PortCounter>>(std::uint16_t port)>;

  /// `names`: of the ports, for the log.
  explicit PortMonitor(std::vector<std::string> names, ReadCounters read = read_port_counters);

  /// Control, as often as it likes: reads the port whose turn it is, each about once a second,
  /// unless it is out of use. Warns of a counter that grew, at most once a minute. `sums`: what the
  /// workers have counted. Returns the port if its driver has counted what needs a reset, or cannot
  /// read its counters any more (AnswerWatch).
  std::optional<std::size_t> sample(Instant now, const std::vector<Port>& ports, PortSet in_use,
                                    const CounterSums& sums);

  /// Control: a reset of the port's device has succeeded, and no worker uses it yet. Reads its
  /// counters of bytes, and of errors that need a reset. Most start at zero again: without that,
  /// one that reaches its old number before the next sample would seem not to have grown.
  void was_reset(std::size_t index, const Port& port);

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
  /// What the device counts, going on where it starts again at zero.
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
    void read(std::uint64_t now) {
      continued.read(now);
      value = watched->is_level ? now : continued.value;
    }

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
    AnswerWatch answers;
    std::map<std::string, Counter> counters;
    std::map<std::string, Continued> bytes;
  };

  /// With what the kernel's interface has lost, if the port is on one.
  [[nodiscard]] Result<std::vector<PortCounter>> read_counters(Watch& watch,
                                                               const Port& port) const;
  /// Takes it that the driver counts errors that need a reset from zero.
  static void expect_zero(Watch& watch);
  static void count_bytes(Watch& watch, const std::vector<PortCounter>& read);
  /// Returns whether the device needs a reset.
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
