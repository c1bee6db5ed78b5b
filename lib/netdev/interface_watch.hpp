#pragma once

// Follows one network interface of the kernel, which a port's device is on: its link, its end, and
// another of its name that comes after it. Some drivers say that their link is up whatever happens.

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "netdev/rtnetlink.hpp"

namespace natto {

/// One thread; nothing here waits.
class InterfaceWatch {
 public:
  enum class State : std::uint8_t {
    kUp,         ///< and it has a carrier
    kDown,       ///< or without a carrier
    kGone,       ///< for good: the kernel has removed it from the device
    kElsewhere,  ///< out of sight, in another network namespace, and in use as before
  };

  /// `can_move`: the device goes on when its interface moves to another network namespace (TAP).
  [[nodiscard]] static Result<InterfaceWatch> open(unsigned index, bool can_move);

  /// Hears what the kernel says of its own accord. True: something has changed.
  bool hear();
  /// Asks the kernel how the interface is now.
  void look();

  [[nodiscard]] State state() const noexcept { return state_; }
  /// The last that it had.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Of its link; 0: the driver does not say. Asks it.
  [[nodiscard]] std::uint32_t speed_mbps() const;
  /// It is gone, and another interface has its name.
  [[nodiscard]] bool is_replaced() const noexcept { return replaced_; }

 private:
  InterfaceWatch(Rtnetlink kernel, unsigned index, bool can_move);

  /// What it is if it is not in this namespace (any more) and nobody has said that it has ended.
  [[nodiscard]] State out_of_sight() const noexcept;
  void take(const RtnetlinkMessage& message);
  void take_news_of_itself(const RtnetlinkMessage& message, const NetInterface& interface);

  Rtnetlink kernel_;
  const unsigned index_;
  const bool can_move_;
  State state_;
  std::string name_;
  bool replaced_ = false;
};

}  // namespace natto
