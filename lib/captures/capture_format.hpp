#pragma once

#include <cstdint>

namespace natto {

inline constexpr std::uint64_t kSecondNs = 1'000'000'000;

/// How a capture is written: pcap, with time stamps in microseconds or nanoseconds, or pcapng.
enum class CaptureFormat { kPcap, kPcapNanoseconds, kPcapng };

}  // namespace natto
