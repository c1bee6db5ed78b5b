#include "card.hpp"

#include <nlohmann/json.hpp>

namespace ena_model {
namespace {

constexpr std::uint32_t kNoRequest = 0xffffffff;
constexpr std::uint32_t kResetBit = 1;
constexpr std::uint32_t kResetTimeout = 10;  ///< in 100 ms

}  // namespace

Card::Card(std::unique_ptr<Device> device)
    : device_(std::move(device)),
      events_(*device_),
      admin_(*device_, events_),
      transmitter_(*device_),
      receiver_(*device_),
      last_read_request_(kNoRequest) {
  device_->registers.write(kReadRequest, kNoRequest);
  admin_.reset();
  for (const std::string& fault : device_->settings.faults) {
    if (const std::string error = device_->faults.set(fault); !error.empty()) {
      throw std::runtime_error(fault + ": " + error);
    }
  }
}

bool Card::step(Clock::time_point now) {
  if (device_->faults.dead) {
    return false;
  }
  obey_control();
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
  bool moved = receiver_.poll();
  for (SubmissionQueue& queue : device_->submissions) {
    moved |= queue.used && queue.transmits && transmitter_.poll(queue);
  }
  return moved;
}

void Card::obey_control() {
  const std::uint32_t control = device_->registers.read(kDeviceControl);
  if (control == last_control_) {
    return;
  }
  last_control_ = control;
  if ((control & kResetBit) != 0) {
    reset(control);
  } else if (!reset_fails_) {
    status_ = kReady;
  }
}

// The driver sets the bit, waits for "in progress", clears the bit, and waits for its end. It may
// write the next read request at once, so that register is left alone.
void Card::reset(std::uint32_t control) {
  device_->statistics.reset_reasons.push_back(bits(control, 28, 4) | bits(control, 24, 4) << 4);
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
  auto* const response =
      device_->host.as<ReadResponse>(registers.read_address(kReadResponseLow, kReadResponseHigh));
  if (response == nullptr) {
    return device_->fail("a register's value is wanted in memory that is not the host's");
  }
  response->value = value_of(request >> 16);
  response->offset = static_cast<std::uint16_t>(request >> 16);
  std::atomic_ref(response->request_id)
      .store(static_cast<std::uint16_t>(request), std::memory_order_release);
}

std::uint32_t Card::value_of(std::uint32_t offset) const {
  switch (offset) {
    case kVersion:
      return 2 << 8;  // of the interface: 2.0
    case kControllerVersion:
      return 0x000101;
    case kCapabilities:
      // Queues lie in one piece; how long a reset and a command may take; bits of an address.
      return 1 | kResetTimeout << 1 | 48 << 8 | (device_->settings.admin_timeout_ms / 100) << 16;
    case kDeviceStatus:
      return status_ | (device_->fatal ? kFatalError : 0U);
    default:
      return device_->registers.read(offset % Registers::kBytes);
  }
}

nlohmann::ordered_json Card::report() const {
  const Statistics& statistics = device_->statistics;
  return {{"rx_packets", statistics.rx_packets},       {"rx_bytes", statistics.rx_bytes},
          {"rx_drops", statistics.rx_drops},           {"tx_packets", statistics.tx_packets},
          {"tx_bytes", statistics.tx_bytes},           {"tx_drops", statistics.tx_drops},
          {"reset_reasons", statistics.reset_reasons}, {"l3_sums_made", statistics.l3_sums_made},
          {"l4_sums_made", statistics.l4_sums_made},   {"mtu", device_->mtu},
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
        .push_back({{"depth", queue.depth},
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
