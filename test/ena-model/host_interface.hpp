#pragma once

// The ENA device's host interface, as far as the model speaks it: registers, the admin queue,
// events, and descriptors. Little-endian, as on the wire between driver and card.
//
// Facts, not text, come from Linux's
// Documentation/networking/device_drivers/ethernet/amazon/ena.rst, from the structures that
// drivers/net/ethernet/amazon/ena/ena_{admin,eth_io,regs}_defs.h of Linux and
// drivers/net/ena/base/ena_defs of DPDK describe, and from watching DPDK's driver: it runs against
// every line here, so a wrong one shows.

#include <array>
#include <cstdint>

namespace ena_model {

/// `count` bits of `word` from bit `low` on.
constexpr std::uint32_t bits(std::uint32_t word, unsigned low, unsigned count) noexcept {
  return (word >> low) & ((1U << count) - 1);
}
constexpr bool bit(std::uint32_t word, unsigned number) noexcept {
  return bits(word, number, 1) != 0;
}

/// Offsets into BAR 0.
enum Register : std::uint32_t {
  kVersion = 0x00,
  kControllerVersion = 0x04,
  kCapabilities = 0x08,
  kAdminBaseLow = 0x10,
  kAdminBaseHigh = 0x14,
  kAdminCapabilities = 0x18,  ///< 15:0 depth, 31:16 bytes of an entry; so for the next two kinds
  kAdminCompletionBaseLow = 0x20,
  kAdminCompletionBaseHigh = 0x24,
  kAdminCompletionCapabilities = 0x28,
  kAdminDoorbell = 0x2c,
  kEventCapabilities = 0x34,
  kEventBaseLow = 0x38,
  kEventBaseHigh = 0x3c,
  kEventDoorbell = 0x40,
  kDeviceControl = 0x54,  ///< bit 0 reset; 31:28 its reason, 27:24 the reason's high bits
  kDeviceStatus = 0x58,
  kReadRequest = 0x5c,  ///< 15:0 request id, 31:16 offset of the register to read
  kReadResponseLow = 0x60,
  kReadResponseHigh = 0x64,
};

/// Bits of kDeviceStatus.
enum DeviceStatus : std::uint32_t {
  kReady = 1U << 0,
  kResetInProgress = 1U << 3,
  kFatalError = 1U << 5,
};

/// What the card writes to host memory in place of a register's read.
struct ReadResponse {
  std::uint16_t request_id;
  std::uint16_t offset;
  std::uint32_t value;
};
static_assert(sizeof(ReadResponse) == 8);

/// A 48-bit address in host memory.
struct HostAddress {
  std::uint32_t low;
  std::uint16_t high;
  std::uint16_t reserved;

  [[nodiscard]] std::uint64_t iova() const noexcept {
    return static_cast<std::uint64_t>(high) << 32 | low;
  }
};
static_assert(sizeof(HostAddress) == 8);

// The admin queue.

enum Opcode : std::uint8_t {
  kCreateSubmissionQueue = 1,
  kDestroySubmissionQueue = 2,
  kCreateCompletionQueue = 3,
  kDestroyCompletionQueue = 4,
  kGetFeature = 8,
  kSetFeature = 9,
  kGetStatistics = 11,
};

enum class AdminStatus : std::uint8_t {
  kSuccess = 0,
  kNoResources = 1,
  kUnsupported = 3,
  kIllegalParameter = 5,
  kUnknownError = 6,
};

enum Feature : std::uint8_t {
  kDeviceAttributes = 1,
  kHardwareHints = 3,
  kLowLatencyQueue = 4,
  kMaxQueuesExtended = 7,
  kFragmentBypass = 8,  ///< fragments sent are not counted against EC2's limit
  kRssHashFunction = 10,
  kStatelessOffload = 11,
  kRssTable = 12,
  kMtu = 14,
  kRssHashInput = 18,
  kEvents = 26,
  kLink = 27,
  kHostAttributes = 28,
};

/// Bits of DeviceAttributes::capabilities.
enum Capability : std::uint32_t {
  kEniStatistics = 1U << 0,
  kSrdInformation = 1U << 1,
  kCustomerMetrics = 1U << 2,
  kExtendedResetReasons = 1U << 3,
  kZeroesInCompletions = 1U << 4,  ///< bits that must be zero are: the driver looks
};

struct AdminHeader {
  std::uint16_t command_id;  ///< 11:0
  std::uint8_t opcode;
  std::uint8_t flags;
};

struct ControlBuffer {
  std::uint32_t length;
  HostAddress address;
};

/// Any admin command; the members after `header` depend on its opcode.
struct AdminCommand {
  AdminHeader header;
  union {
    std::array<std::uint32_t, 15> words;
    struct {
      std::uint8_t identity;  ///< 7:5 direction: 1 transmit, 2 receive
      std::uint8_t reserved;
      std::uint8_t placement;  ///< 3:0 where the ring is: 1 host, 3 device
      std::uint8_t flags;
      std::uint16_t completion_queue;
      std::uint16_t depth;
      HostAddress base;
    } create_submission;
    struct {
      std::uint16_t queue;
      std::uint8_t identity;
    } destroy_submission;
    struct {
      std::uint8_t flags;
      std::uint8_t entry_words;  ///< 4:0
      std::uint16_t depth;
      std::uint32_t vector;
      HostAddress base;
    } create_completion;
    struct {
      std::uint16_t queue;
    } destroy_completion;
    struct {
      ControlBuffer buffer;
      std::uint8_t flags;
      std::uint8_t feature;
      std::uint8_t version;
      std::uint8_t reserved;
      std::array<std::uint32_t, 11> value;  ///< a set's; see the features
    } feature;
    struct {
      ControlBuffer buffer;
      std::uint8_t type;
      std::uint8_t scope;
      std::uint16_t reserved;
      std::uint16_t queue;
      std::uint16_t device;
      std::uint32_t metrics_low;
      std::uint32_t metrics_high;
    } statistics;
  };
};
static_assert(sizeof(AdminCommand) == 64);

struct AdminCompletion {
  std::uint16_t command_id;
  std::uint8_t status;
  std::uint8_t flags;  ///< 0 phase
  std::uint16_t extended_status;
  std::uint16_t submission_head;
  std::array<std::uint32_t, 14> value;
};
static_assert(sizeof(AdminCompletion) == 64);

/// In AdminCompletion::value of a created submission queue.
struct SubmissionQueueCreated {
  std::uint16_t queue;
  std::uint16_t reserved;
  std::uint32_t doorbell;     ///< offset into BAR 0
  std::uint32_t descriptors;  ///< offset into the memory BAR
  std::uint32_t headers;
};

struct CompletionQueueCreated {
  std::uint16_t queue;
  std::uint16_t depth;
  std::uint32_t numa_register;
  std::uint32_t head_doorbell;
  std::uint32_t unmask_register;
};

// What features say.

struct DeviceAttributes {
  std::uint32_t implementation;
  std::uint32_t version;
  std::uint32_t features;  ///< bit f: feature f is there
  std::uint32_t capabilities;
  std::uint32_t physical_address_bits;
  std::uint32_t virtual_address_bits;
  std::array<std::uint8_t, 6> mac;
  std::uint16_t reserved;
  std::uint32_t max_mtu;
};

struct MaxQueuesExtended {
  std::uint8_t version;
  std::array<std::uint8_t, 3> reserved;
  std::uint32_t tx_submission_queues;
  std::uint32_t tx_completion_queues;
  std::uint32_t rx_submission_queues;
  std::uint32_t rx_completion_queues;
  std::uint32_t tx_submission_depth;
  std::uint32_t tx_completion_depth;
  std::uint32_t rx_submission_depth;
  std::uint32_t rx_completion_depth;
  std::uint32_t tx_header_bytes;
  std::uint16_t tx_descriptors_per_packet;
  std::uint16_t rx_descriptors_per_packet;
};

struct LowLatencyQueue {
  std::uint32_t max_queues;
  std::uint32_t max_depth;
  std::uint16_t header_location_supported;  ///< 1: in the entry
  std::uint16_t header_location;
  std::uint16_t entry_size_supported;  ///< bits: 1 128 bytes, 2 192, 4 256
  std::uint16_t entry_size;
  std::uint16_t descriptors_before_header_supported;
  std::uint16_t descriptors_before_header;
  std::uint16_t stride_supported;  ///< bits: 1 one descriptor an entry, 2 several
  std::uint16_t stride;
  std::uint8_t version;
  std::uint8_t entry_size_recommended;
  std::uint16_t max_wide_depth;
  std::uint16_t accelerated;  ///< bit 0: no cached metadata; bit 1: bursts are limited
  std::uint16_t max_burst_bytes;
};

struct HardwareHints {
  std::uint16_t register_read_ms;
  std::uint16_t watchdog_ms;
  std::uint16_t tx_completion_ms;
  std::uint16_t missed_tx_completions;
  std::uint16_t admin_completion_ms;
};

struct StatelessOffload {
  std::uint32_t transmit;  ///< bits: 0 IPv4 header, 1 L4 from the pseudo-header's sum, 2 L4 whole
  std::uint32_t receive_supported;  ///< bits: 0 IPv4 header, 1 L4, 3 hash
  std::uint32_t receive_enabled;
};

struct RssHashFunction {
  std::uint32_t supported;  ///< bit 1 Toeplitz, bit 2 CRC32
  std::uint32_t selected;
  std::uint32_t initial;
};

/// In the control buffer of kRssHashFunction.
struct RssKey {
  std::uint32_t parts;
  std::uint32_t reserved;
  std::array<std::uint8_t, 40> key;  ///< last byte first
};

/// In the control buffer of kRssHashInput: a bit for each field, for each kind of packet.
struct RssHashInput {
  struct Fields {
    std::uint16_t fields;
    std::uint16_t reserved;
  };
  std::array<Fields, 16> supported;
  std::array<Fields, 16> selected;
  std::array<Fields, 32> reserved;
};

struct RssTable {
  std::uint16_t min_size;  ///< log2 of the number of entries; so the others
  std::uint16_t max_size;
  std::uint16_t size;
  std::uint8_t flags;
  std::uint8_t reserved;
  std::uint32_t inline_index;
  std::uint32_t inline_entry;
};

struct RssTableEntry {
  std::uint16_t queue;
  std::uint16_t reserved;
};

struct EventGroups {
  std::uint32_t supported;
  std::uint32_t enabled;
};

// Statistics.

enum StatisticsType : std::uint8_t {
  kBasicStatistics = 0,
  kEniStatisticsType = 2,
  kSrdStatistics = 3,
  kCustomerMetricsType = 4,
};

// Events.

enum EventGroup : std::uint16_t {
  kLinkChange = 0,
  kFatalErrorEvent = 1,
  kWarning = 2,
  kNotification = 3,
  kKeepAlive = 4,
};

/// Of a notification: its value is HardwareHints.
constexpr std::uint16_t kUpdateHints = 2;

struct Event {
  std::uint16_t group;
  std::uint16_t syndrome;
  std::uint8_t flags;  ///< 0 phase
  std::array<std::uint8_t, 3> reserved;
  std::uint32_t timestamp_low;
  std::uint32_t timestamp_high;
  std::array<std::uint32_t, 12> value;
};
static_assert(sizeof(Event) == 64);

// Packets.

/// Protocol numbers in descriptors.
constexpr std::uint32_t kL3Ipv4 = 8;
constexpr std::uint32_t kL3Ipv6 = 11;
constexpr std::uint32_t kL4Tcp = 12;
constexpr std::uint32_t kL4Udp = 13;

struct TxDescriptor {
  std::uint32_t control;  ///< 15:0 length, 21:16 id's high bits, 23 meta, 24 phase, 26 first, 27
                          ///< last, 28 completion
  std::uint32_t offload;  ///< 3:0 L3, 4 DF, 7 TSO, 12:8 L4, 13 L3 sum, 14 L4 sum, 17 partial, 31:22
                          ///< id's low bits
  std::uint32_t address_low;
  std::uint32_t address_high;  ///< 15:0; 31:24 bytes of the header in an entry of device memory

  [[nodiscard]] std::uint32_t length() const noexcept { return bits(control, 0, 16); }
  [[nodiscard]] bool is_meta() const noexcept { return bit(control, 23); }
  [[nodiscard]] bool phase() const noexcept { return bit(control, 24); }
  [[nodiscard]] bool last() const noexcept { return bit(control, 27); }
  [[nodiscard]] bool wants_completion() const noexcept { return bit(control, 28); }
  [[nodiscard]] std::uint16_t request_id() const noexcept {
    return static_cast<std::uint16_t>(bits(control, 16, 6) << 10 | bits(offload, 22, 10));
  }
  [[nodiscard]] std::uint64_t iova() const noexcept {
    return static_cast<std::uint64_t>(bits(address_high, 0, 16)) << 32 | address_low;
  }
  [[nodiscard]] std::uint32_t header_length() const noexcept { return bits(address_high, 24, 8); }
  // Of a meta descriptor: `offload` is word 1, `address_low` word 2.
  [[nodiscard]] std::uint32_t l3_length() const noexcept { return bits(address_low, 0, 8); }
  [[nodiscard]] std::uint32_t l3_offset() const noexcept { return bits(address_low, 8, 8); }
};
static_assert(sizeof(TxDescriptor) == 16);

struct TxCompletion {
  std::uint16_t request_id;
  std::uint8_t status;
  std::uint8_t flags;  ///< 0 phase
  std::uint16_t queue;
  std::uint16_t submission_head;
};
static_assert(sizeof(TxCompletion) == 8);

struct RxDescriptor {
  std::uint16_t length;  ///< of the buffer; 0: 64 KiB
  std::uint8_t reserved;
  std::uint8_t control;  ///< 0 phase
  std::uint16_t request_id;
  std::uint16_t reserved2;
  std::uint32_t address_low;
  std::uint16_t address_high;
  std::uint16_t reserved3;

  [[nodiscard]] std::uint64_t iova() const noexcept {
    return static_cast<std::uint64_t>(address_high) << 32 | address_low;
  }
};
static_assert(sizeof(RxDescriptor) == 16);

struct RxCompletion {
  std::uint32_t status;  ///< see RxStatus
  std::uint16_t length;
  std::uint16_t request_id;
  std::uint32_t hash;
  std::uint16_t queue;
  std::uint8_t offset;
  std::uint8_t reserved;
};
static_assert(sizeof(RxCompletion) == 16);

/// Bits of RxCompletion::status beside the protocols' numbers: L3 at 0, L4 at 8.
enum RxStatus : std::uint32_t {
  kL3SumWrongOrUnchecked = 1U << 13,
  kL4SumWrongOrUnchecked = 1U << 14,
  kFragment = 1U << 15,
  kL4SumChecked = 1U << 16,
  kPhase = 1U << 24,
  kFirst = 1U << 26,
  kLast = 1U << 27,
  kBufferUsed = 1U << 30,
};

}  // namespace ena_model
