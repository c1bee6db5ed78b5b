#pragma once

// The numbers of pcapng, for who reads and who writes it (draft-ietf-opsawg-pcapng §4).

#include <cstdint>

namespace natto::pcapng {

inline constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  ///< the same in both byte orders
inline constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
inline constexpr std::uint32_t kInterface = 1;
inline constexpr std::uint32_t kObsoletePacket = 2;
inline constexpr std::uint32_t kSimplePacket = 3;
inline constexpr std::uint32_t kEnhancedPacket = 6;

// Options of every block.
inline constexpr std::uint16_t kEndOfOptions = 0;
inline constexpr std::uint16_t kComment = 1;
// Of a section.
inline constexpr std::uint16_t kUserApplication = 4;
// Of an interface.
inline constexpr std::uint16_t kInterfaceName = 2;
inline constexpr std::uint16_t kInterfaceDescription = 3;
inline constexpr std::uint16_t kTimeResolution = 9;
inline constexpr std::uint16_t kTimeOffset = 14;
// Of a packet.
inline constexpr std::uint16_t kPacketFlags = 2;
inline constexpr std::uint16_t kPacketId = 5;

inline constexpr std::uint32_t kDirection = 3;  ///< these of a packet's flags
inline constexpr std::uint32_t kInbound = 1;
inline constexpr std::uint32_t kOutbound = 2;

inline constexpr std::uint16_t kEthernet = 1;    ///< LINKTYPE_ETHERNET
inline constexpr std::uint8_t kNanoseconds = 9;  ///< of a time's resolution

/// The interfaces of natto's own captures are called "REALM in" and "REALM out", and described so
/// that programs know them again.
inline constexpr const char* kNattoDescription = "natto: ";

}  // namespace natto::pcapng
