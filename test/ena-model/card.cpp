#include "card.hpp"

#include <rte_mempool.h>

#include <nlohmann/json.hpp>

namespace ena_model {
namespace {

constexpr std::uint32_t kNoRequest = 0xffffffff;
constexpr std::uint32_t kNoControl = 0xffffffff;
constexpr std::uint32_t kResetBit = 1;
constexpr std::uint32_t kResetTimeout = 10;  ///< in 100 ms

/// Of the host's packet buffers, those that nobody holds: whether a driver has lost some.
std::uint64_t free_buffers() {
  std::uint64_t free = 0;
  rte_mempool_walk(
      [](rte_mempool* pool, void* sum) {
        *static_cast<std::uint64_t*>(sum) += rte_mempool_avail_count(pool);
      },
      &free);
  return free;
}

}  // namespace

Card::Card(std::unique_ptr<Device> device)
    : device_(std::move(device)),
      events_(*device_),
      admin_(*device_, events_),
      transmitter_(*device_),
      receiver_(*device_),
      last_read_request_(kNoRequest) {
  device_->registers.write(kReadRequest, kNoRequest);
  device_->registers.write(kDeviceControl, kNoControl);
  admin_.reset();
  for (const std::string& fault : device_->settings.faults) {
    if (const std::string error = device_->faults.set(fault); !error.empty()) {
      throw std::runtime_error(fault + ": " + error);
    }
  }
}

bool Card::step(Clock::time_point now) {
  if (device_->faults.dead) {
    forget_driver();  // it has lost all, should it live again
    return false;
  }
  obey_control(now);
  notice_farewell();
  answer_register_read();
  if (device_->fatal || (status_ & kResetInProgress) != 0) {
    return false;
  }
  admin_.step(now);
  events_.step(now);
  if (Faults::take(device_->faults.spurious_interrupts)) {
    device_->interrupt.raise();
  }
  bool moved = receiver_.poll(now);
  for (SubmissionQueue& queue : device_->submissions) {
    moved |= queue.used && queue.transmits && transmitter_.poll(queue);
  }
  if (device_->fatal) {
    events_.say_fatal();
  }
  return moved;
}

void Card::obey_control(Clock::time_point now) {
  if (reset_ends_ && now >= *reset_ends_) {
    reset_ends_.reset();
    status_ = kReady;
  }
  const std::uint32_t control = device_->registers.take(kDeviceControl, kNoControl);
  if (control == kNoControl) {
    return;
  }
  if ((control & kResetBit) != 0) {
    reset(control);
  } else if (!reset_fails_) {
    reset_ends_ = now + device_->faults.reset_delay;
  }
}

// The driver sets the bit, waits for "in progress", clears the bit, and waits for its end. It may
// write the next read request at once, so that register is left alone.
void Card::reset(std::uint32_t control) {
  device_->statistics.reset_reasons.push_back(bits(control, 28, 4) | bits(control, 24, 4) << 4);
  reset_ends_.reset();
  reset_fails_ = Faults::take(device_->faults.resets_failing);
  if (device_->faults.reset_hangs) {
    return;
  }
  status_ = kReady | kResetInProgress;
  device_->fatal.reset();
  device_->mtu = device_->settings.max_mtu;
  forget_driver();
}

// The driver's last act is to take back the memory for register reads. What else it had given the
// card goes as well, without a word.
void Card::notice_farewell() {
  const bool present = device_->registers.read_address(kReadResponseLow, kReadResponseHigh) != 0;
  if (driver_present_ && !present) {
    forget_driver();
  }
  driver_present_ = present;
}

void Card::forget_driver() {
  device_->submissions = {};
  device_->completions = {};
  device_->table.clear();
  device_->fragment_bypass = false;
  device_->host.forget();
  admin_.reset();
  events_.reset();
}

void Card::answer_register_read() {
  const Registers& registers = device_->registers;
  const std::uint32_t request = registers.read(kReadRequest);
  if (request == last_read_request_ || request == kNoRequest) {
    return;
  }
  last_read_request_ = request;
  const std::uint64_t address = registers.read_address(kReadResponseLow, kReadResponseHigh);
  if (address == 0) {
    return;  // the driver has gone, and waited for a card that was dead
  }
  auto* const response = device_->host.as<ReadResponse>(address);
  if (response == nullptr) {
    return device_->fail("a register's value is wanted in memory that is not the host's");
  }
  response->value = value_of(request >> 16);
  response->offset = static_cast<std::uint16_t>(request >> 16);
  std::atomic_ref(response->request_id)
      .store(static_cast<std::uint16_t>(request), std::memory_order_release);
}

std::uint32_t Card::admin_timeout_ms() const {
  const auto other = static_cast<std::uint32_t>(device_->faults.admin_timeout.count());
  return other != 0 ? other : device_->settings.admin_timeout_ms;
}

std::uint32_t Card::value_of(std::uint32_t offset) const {
  switch (offset) {
    case kVersion:
      return 2 << 8;  // of the interface: 2.0
    case kControllerVersion:
      return 0x000101;
    case kCapabilities:
      // Queues lie in one piece; how long a reset and a command may take; bits of an address.
      return 1 | kResetTimeout << 1 | 48 << 8 | admin_timeout_ms() / 100 << 16;
    case kDeviceStatus:
      return status_ | (device_->fatal ? kFatalError : 0U);
    default:
      return device_->registers.read(offset % Registers::kBytes);
  }
}

nlohmann::ordered_json Card::report() const {
  const Statistics& statistics = device_->statistics;
  return {{"rx_packets", statistics.rx_packets},
          {"rx_bytes", statistics.rx_bytes},
          {"rx_drops", statistics.rx_drops},
          {"tx_packets", statistics.tx_packets},
          {"tx_bytes", statistics.tx_bytes},
          {"tx_drops", statistics.tx_drops},
          {"reset_reasons", statistics.reset_reasons},
          {"l3_sums_made", statistics.l3_sums_made},
          {"l4_sums_made", statistics.l4_sums_made},
          {"mtu", device_->mtu},
          {"entry_bytes", device_->entry_bytes},
          {"rx_by_queue", statistics.rx_by_queue},
          {"free_buffers", free_buffers()},
          {"fatal", device_->fatal.value_or("")}};
}

nlohmann::ordered_json Card::configuration() const {
  nlohmann::ordered_json rx = nlohmann::json::array();
  nlohmann::ordered_json tx = nlohmann::json::array();
  std::vector<std::size_t> receivers(device_->submissions.size());  // by queue: its number
  for (std::size_t i = 0; i < device_->submissions.size(); ++i) {
    const SubmissionQueue& queue = device_->submissions[i];
    if (!queue.used) {
      continue;
    }
    receivers[i] = rx.size();
    (queue.transmits ? tx : rx)
        .push_back({{"doorbell", queue.doorbell},
                    {"depth", queue.depth},
                    {"entry", queue.in_device_memory ? device_->entry_bytes : 0},
                    {"packets", queue.packets}});
  }
  nlohmann::ordered_json table = nlohmann::json::array();
  for (const std::uint16_t queue : device_->table) {
    table.push_back(receivers[queue]);
  }
  return {{"rx", rx},
          {"tx", tx},
          {"mtu", device_->mtu},
          {"rss_key", device_->key},
          {"rss_table", table},
          {"fragment_bypass", device_->fragment_bypass}};
}

}  // namespace ena_model
