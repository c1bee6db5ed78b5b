#include "admin_queue.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace ena_model {
namespace {

/// The doorbell holds this until the driver's first command after a reset.
constexpr std::uint32_t kNoDoorbell = 0xffffffff;
/// Each submission queue's part of device memory: 1,024 entries of 256 bytes.
constexpr std::uint32_t kQueueMemoryBytes = 1024 * 256;
constexpr std::uint32_t kDoorbells = 0x1000;  ///< in BAR 0: a register a queue
constexpr std::uint32_t kInterrupts = 0x4000;
constexpr std::uint32_t kNumaNodes = 0x5000;
constexpr std::uint16_t kLeastTableBits =
    7;  ///< of a table for RSS; all drivers up to 24.11 want it
constexpr std::uint32_t kEventGroups = 0xdf;        ///< all up to 7 but one that no driver knows
constexpr std::uint16_t kFieldsOfTransport = 0x3c;  ///< RSS: both addresses, both ports

/// An answer's value, filled in as what it is.
template <typename Value>
void answer(AdminCompletion& completion, const Value& value) {
  static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) <= sizeof(completion.value));
  std::memcpy(completion.value.data(), &value, sizeof(value));
}

template <typename Value>
Value asked(const AdminCommand& command) {
  Value value;
  static_assert(sizeof(Value) <= sizeof(command.feature.value));
  std::memcpy(&value, command.feature.value.data(), sizeof(value));
  return value;
}

}  // namespace

void AdminQueue::reset() {
  device_.registers.write(kAdminDoorbell, kNoDoorbell);
  device_.registers.write(kAdminBaseLow, 0);
  device_.registers.write(kAdminBaseHigh, 0);
  head_ = 0;
  ring_ = {};
  waiting_.clear();
}

void AdminQueue::step(Clock::time_point now) {
  take_commands(now);
  while (!waiting_.empty() && waiting_.front().due <= now) {
    post(waiting_.front().completion);
    waiting_.pop_front();
  }
}

void AdminQueue::take_commands(Clock::time_point now) {
  const Registers& registers = device_.registers;
  const std::uint32_t doorbell = registers.read(kAdminDoorbell);
  if (doorbell == kNoDoorbell || static_cast<std::uint16_t>(doorbell) == head_) {
    return;
  }
  const std::uint64_t base = registers.read_address(kAdminBaseLow, kAdminBaseHigh);
  if (base == 0) {
    return;  // the card has forgotten the driver, which has not noticed: nobody answers
  }
  const auto depth = static_cast<std::uint16_t>(registers.read(kAdminCapabilities));
  const auto* const commands = device_.host.as<AdminCommand>(base);
  if (ring_.ring == nullptr) {
    ring_ = {.ring = device_.host.at(
                 registers.read_address(kAdminCompletionBaseLow, kAdminCompletionBaseHigh)),
             .depth = static_cast<std::uint16_t>(registers.read(kAdminCompletionCapabilities)),
             .entry_bytes = sizeof(AdminCompletion)};
  }
  if (commands == nullptr || ring_.ring == nullptr || depth == 0 || ring_.depth == 0) {
    return device_.fail("the admin queue is not in the host's memory");
  }
  for (; head_ != static_cast<std::uint16_t>(doorbell); ++head_) {
    AdminCommand command;
    std::memcpy(&command, commands + (head_ & (depth - 1)), sizeof(command));
    AdminCompletion completion{};
    completion.command_id = command.header.command_id & 0xfff;
    const bool fails = Faults::take(device_.faults.admin_failing);
    completion.status =
        static_cast<std::uint8_t>(fails ? AdminStatus::kUnknownError : run(command, completion));
    if (!device_.faults.admin_silent) {
      waiting_.push_back({now + device_.faults.admin_delay, completion});
    }
  }
}

void AdminQueue::post(AdminCompletion completion) {
  completion.submission_head = head_;
  completion.flags = static_cast<std::uint8_t>(!ring_.phase);
  auto* const entry = reinterpret_cast<AdminCompletion*>(ring_.entry());
  std::memcpy(entry, &completion, sizeof(completion));
  std::atomic_ref(entry->flags).store(ring_.phase, std::memory_order_release);
  ring_.advance();
  device_.interrupt.raise();
}

AdminStatus AdminQueue::run(const AdminCommand& command, AdminCompletion& completion) {
  switch (command.header.opcode) {
    case kGetFeature:
      return get_feature(command, completion);
    case kSetFeature:
      return set_feature(command);
    case kGetStatistics:
      return get_statistics(command, completion);
    case kCreateCompletionQueue:
      return create_completion(command, completion);
    case kCreateSubmissionQueue:
      return create_submission(command, completion);
    case kDestroyCompletionQueue:
      if (command.destroy_completion.queue >= device_.completions.size()) {
        return AdminStatus::kIllegalParameter;
      }
      device_.completions[command.destroy_completion.queue] = {};
      return AdminStatus::kSuccess;
    case kDestroySubmissionQueue:
      if (command.destroy_submission.queue >= device_.submissions.size()) {
        return AdminStatus::kIllegalParameter;
      }
      device_.submissions[command.destroy_submission.queue] = {};
      return AdminStatus::kSuccess;
    default:
      return AdminStatus::kUnsupported;
  }
}

AdminStatus AdminQueue::create_completion(const AdminCommand& command,
                                          AdminCompletion& completion) {
  const auto& wanted = command.create_completion;
  const auto free = std::ranges::find(device_.completions, nullptr, &CompletionQueue::ring);
  std::uint8_t* const ring = device_.host.at(wanted.base.iova());
  if (free == device_.completions.end() || device_.faults.fails_creation()) {
    return AdminStatus::kNoResources;
  }
  if (ring == nullptr || wanted.depth == 0 || (wanted.depth & (wanted.depth - 1)) != 0) {
    return AdminStatus::kIllegalParameter;
  }
  *free = {.ring = ring,
           .depth = wanted.depth,
           .entry_bytes = static_cast<std::uint16_t>((wanted.entry_words & 0x1f) * 4)};
  const auto index = static_cast<std::uint16_t>(free - device_.completions.begin());
  answer(completion, CompletionQueueCreated{.queue = index,
                                            .depth = wanted.depth,
                                            .numa_register = kNumaNodes + index * 4U,
                                            .head_doorbell = 0,
                                            .unmask_register = kInterrupts + index * 4U});
  return AdminStatus::kSuccess;
}

AdminStatus AdminQueue::create_submission(const AdminCommand& command,
                                          AdminCompletion& completion) {
  const auto& wanted = command.create_submission;
  const auto free = std::ranges::find(device_.submissions, false, &SubmissionQueue::used);
  if (free == device_.submissions.end() || device_.faults.fails_creation()) {
    return AdminStatus::kNoResources;
  }
  const auto index = static_cast<std::uint32_t>(free - device_.submissions.begin());
  const bool transmits = wanted.identity >> 5 == 1;
  const bool device_memory = (wanted.placement & 0xf) == 3;
  const std::uint32_t offset = index * kQueueMemoryBytes;
  std::uint8_t* const ring = !device_memory              ? device_.host.at(wanted.base.iova())
                             : device_.memory == nullptr ? nullptr
                                                         : device_.memory + offset;
  if (wanted.completion_queue >= device_.completions.size() ||
      device_.completions[wanted.completion_queue].ring == nullptr || ring == nullptr ||
      wanted.depth == 0 || (wanted.depth & (wanted.depth - 1)) != 0 ||
      (device_memory && wanted.depth * device_.entry_bytes > kQueueMemoryBytes)) {
    return AdminStatus::kIllegalParameter;
  }
  if (device_memory) {
    // Entries of an earlier queue would pass for new ones.
    std::memset(ring, 0, static_cast<std::size_t>(wanted.depth) * device_.entry_bytes);
  }
  const std::uint32_t doorbell = kDoorbells + index * 4;
  device_.registers.write(doorbell, 0);
  *free = {.used = true,
           .transmits = transmits,
           .in_device_memory = device_memory,
           .number = static_cast<std::uint16_t>(
               std::ranges::count_if(device_.submissions,
                                     [transmits](const SubmissionQueue& queue) {
                                       return queue.used && queue.transmits == transmits;
                                     })),
           .completions = wanted.completion_queue,
           .depth = wanted.depth,
           .ring = ring,
           .doorbell = doorbell};
  answer(completion, SubmissionQueueCreated{.queue = static_cast<std::uint16_t>(index),
                                            .reserved = 0,
                                            .doorbell = doorbell,
                                            .descriptors = offset,
                                            .headers = offset});
  return AdminStatus::kSuccess;
}

std::uint32_t AdminQueue::features() const {
  std::uint32_t features = 0;
  for (const Feature feature :
       {kDeviceAttributes, kHardwareHints, kMaxQueuesExtended, kRssHashFunction, kStatelessOffload,
        kRssTable, kMtu, kRssHashInput, kEvents, kLink, kHostAttributes}) {
    features |= 1U << feature;
  }
  if (device_.settings.low_latency_queues) {
    features |= 1U << kLowLatencyQueue;
  }
  return device_.settings.fragment_bypass ? features | 1U << kFragmentBypass : features;
}

AdminStatus AdminQueue::get_feature(const AdminCommand& command, AdminCompletion& completion) {
  const CardSettings& card = device_.settings;
  if ((features() >> command.feature.feature & 1) == 0) {
    return AdminStatus::kUnsupported;
  }
  if (command.feature.feature == device_.faults.feature_failing) {
    return AdminStatus::kUnknownError;
  }
  switch (command.feature.feature) {
    case kDeviceAttributes:
      answer(completion,
             DeviceAttributes{
                 .implementation = 1,
                 .version = 0x10,
                 .features = features(),
                 .capabilities = (card.customer_metrics ? kCustomerMetrics : kEniStatistics) |
                                 (card.srd ? kSrdInformation : 0U) | kExtendedResetReasons |
                                 kZeroesInCompletions,
                 .physical_address_bits = 48,
                 .virtual_address_bits = 48,
                 .mac = device_.mac,
                 .reserved = 0,
                 .max_mtu = card.max_mtu});
      return AdminStatus::kSuccess;
    case kMaxQueuesExtended:
      answer(completion, MaxQueuesExtended{.version = 1,
                                           .reserved = {},
                                           .tx_submission_queues = card.queues,
                                           .tx_completion_queues = card.queues,
                                           .rx_submission_queues = card.queues,
                                           .rx_completion_queues = card.queues,
                                           .tx_submission_depth = card.tx_depth,
                                           .tx_completion_depth = card.tx_depth,
                                           .rx_submission_depth = card.rx_depth,
                                           .rx_completion_depth = card.rx_depth,
                                           .tx_header_bytes = 96,
                                           .tx_descriptors_per_packet = 19,
                                           .rx_descriptors_per_packet = 19});
      return AdminStatus::kSuccess;
    case kLowLatencyQueue:
      answer(completion,
             LowLatencyQueue{
                 .max_queues = card.queues,
                 .max_depth = 1024,
                 .header_location_supported = 1,
                 .header_location = 0,
                 .entry_size_supported = static_cast<std::uint16_t>(card.large_entries ? 1 | 4 : 1),
                 .entry_size = 0,
                 .descriptors_before_header_supported = 2,
                 .descriptors_before_header = 0,
                 .stride_supported = 2,
                 .stride = 0,
                 .version = 1,
                 .entry_size_recommended =
                     static_cast<std::uint8_t>(card.recommends_large_entries ? 4 : 1),
                 .max_wide_depth = 512,
                 .accelerated = static_cast<std::uint16_t>((card.cached_metadata ? 0 : 1) |
                                                           (card.max_burst_bytes != 0 ? 2 : 0)),
                 .max_burst_bytes = card.max_burst_bytes});
      return AdminStatus::kSuccess;
    case kHardwareHints:
      answer(completion, HardwareHints{.register_read_ms = 0,
                                       .watchdog_ms = 3000,
                                       .tx_completion_ms = 5000,
                                       .missed_tx_completions = 0,
                                       .admin_completion_ms = 0});
      return AdminStatus::kSuccess;
    case kStatelessOffload:
      answer(completion, StatelessOffload{.transmit = card.whole_sums ? 7U : 3U,
                                          .receive_supported = 0xb,
                                          .receive_enabled = 0xb});
      return AdminStatus::kSuccess;
    case kRssHashFunction:
      answer(completion, RssHashFunction{.supported = 1U << 1, .selected = 1U << 1, .initial = 0});
      // The driver keeps its own key in that buffer until the card has one.
      if (auto* key = device_.host.as<RssKey>(command.feature.buffer.address.iova());
          key != nullptr && command.feature.buffer.length >= sizeof(RssKey) &&
          device_.key_number != Device::kNoKey) {
        key->parts = 10;
        std::ranges::reverse_copy(device_.key, key->key.begin());
      }
      return AdminStatus::kSuccess;
    case kRssHashInput:
      if (auto* input = device_.host.as<RssHashInput>(command.feature.buffer.address.iova());
          input != nullptr && command.feature.buffer.length >= sizeof(RssHashInput)) {
        for (std::size_t kind = 0; kind < 4; ++kind) {  // TCP and UDP, over IPv4 and IPv6
          input->supported[kind].fields = input->selected[kind].fields = kFieldsOfTransport;
        }
      }
      return AdminStatus::kSuccess;
    case kRssTable:
      answer(completion, RssTable{.min_size = kLeastTableBits,
                                  .max_size = card.rss_table_bits,
                                  .size = card.rss_table_bits,
                                  .flags = 0,
                                  .reserved = 0,
                                  .inline_index = 0,
                                  .inline_entry = 0});
      return AdminStatus::kSuccess;
    case kEvents:
      answer(completion, EventGroups{.supported = kEventGroups, .enabled = 0});
      return AdminStatus::kSuccess;
    default:
      return AdminStatus::kSuccess;  // kLink: of no said speed, as EC2's cards
  }
}

AdminStatus AdminQueue::set_feature(const AdminCommand& command) {
  switch (command.feature.feature) {
    case kLowLatencyQueue: {
      const auto wanted = asked<LowLatencyQueue>(command);
      device_.entry_bytes = wanted.entry_size == 4 ? 256 : 128;
      device_.descriptors_before_header = wanted.descriptors_before_header;
      device_.one_descriptor_an_entry = wanted.stride == 1;
      return AdminStatus::kSuccess;
    }
    case kMtu: {
      const std::uint32_t wanted = command.feature.value[0];
      if (device_.faults.mtu_refused || wanted > device_.settings.max_mtu) {
        return AdminStatus::kIllegalParameter;
      }
      device_.mtu = wanted;
      return AdminStatus::kSuccess;
    }
    case kEvents:
      events_.enable(asked<EventGroups>(command).enabled);
      return AdminStatus::kSuccess;
    case kRssTable:
      return set_table(command);
    case kRssHashFunction:
      if (const auto* key = device_.host.as<RssKey>(command.feature.buffer.address.iova());
          key != nullptr && command.feature.buffer.length >= sizeof(RssKey)) {
        std::ranges::reverse_copy(key->key, device_.key.begin());
        ++device_.key_number;
      }
      return AdminStatus::kSuccess;
    case kFragmentBypass:
      device_.fragment_bypass = (command.feature.value[0] & 0xff) != 0;
      return device_.settings.fragment_bypass ? AdminStatus::kSuccess : AdminStatus::kUnsupported;
    case kRssHashInput:
    case kHostAttributes:
      return AdminStatus::kSuccess;
    default:
      return AdminStatus::kUnsupported;
  }
}

AdminStatus AdminQueue::set_table(const AdminCommand& command) {
  const auto* const entries = device_.host.as<RssTableEntry>(command.feature.buffer.address.iova());
  const std::uint16_t size = asked<RssTable>(command).size;
  if (entries == nullptr || size < kLeastTableBits || size > device_.settings.rss_table_bits ||
      command.feature.buffer.length < sizeof(RssTableEntry) << size) {
    return AdminStatus::kIllegalParameter;
  }
  std::vector<std::uint16_t> table;
  for (std::size_t i = 0; i < std::size_t{1} << size; ++i) {
    if (entries[i].queue >= device_.submissions.size()) {
      return AdminStatus::kIllegalParameter;
    }
    table.push_back(entries[i].queue);
  }
  device_.table = std::move(table);
  return AdminStatus::kSuccess;
}

AdminStatus AdminQueue::get_statistics(const AdminCommand& command, AdminCompletion& completion) {
  const Statistics& statistics = device_.statistics;
  const auto words = [](std::uint64_t value) {
    return std::array{static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)};
  };
  switch (command.statistics.type) {
    case kBasicStatistics:
      answer(completion,
             std::array{words(statistics.tx_bytes), words(statistics.tx_packets),
                        words(statistics.rx_bytes), words(statistics.rx_packets),
                        words(statistics.rx_drops), words(statistics.tx_drops), words(0)});
      return AdminStatus::kSuccess;
    case kEniStatisticsType: {
      std::array<std::uint64_t, 5> allowances{};
      std::ranges::copy_n(statistics.allowances.begin(), allowances.size(), allowances.begin());
      answer(completion, allowances);
      return AdminStatus::kSuccess;
    }
    case kSrdStatistics:
      answer(completion, statistics.srd);
      return device_.settings.srd ? AdminStatus::kSuccess : AdminStatus::kUnsupported;
    case kCustomerMetricsType: {
      if (!device_.settings.customer_metrics) {
        return AdminStatus::kUnsupported;
      }
      answer(completion, words(command.statistics.metrics_low & 0x3f));
      if (command.statistics.buffer.length == 0) {
        return AdminStatus::kSuccess;  // the driver asks which there are (DPDK 24.11)
      }
      auto* const metrics =
          device_.host.as<std::uint64_t>(command.statistics.buffer.address.iova());
      if (metrics == nullptr) {
        return AdminStatus::kIllegalParameter;
      }
      std::size_t count = 0;
      for (unsigned i = 0; i < statistics.allowances.size(); ++i) {
        if (bit(command.statistics.metrics_low, i)) {
          metrics[count++] = statistics.allowances[i];
        }
      }
      return AdminStatus::kSuccess;
    }
    default:
      return AdminStatus::kUnsupported;
  }
}

}  // namespace ena_model
