#pragma once

// Reads pcapng block by block (draft-ietf-opsawg-pcapng): what libpcap does not, files of several
// interfaces with different kinds of links, and of each packet its direction and its comments.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "captures/pcapng_body.hpp"

namespace natto {

/// A packet, valid until the next one is read.
struct PcapngPacket {
  std::size_t interface;  ///< index into PcapngReader::interfaces()
  std::uint64_t time_ns;  ///< since 1970
  std::uint32_t length;   ///< bytes that it had on the wire
  std::span<const std::uint8_t> bytes;
  bool outbound;
  std::vector<std::string_view> comments;
};

struct PcapngInterface {
  int link_type;  ///< LINKTYPE_...
  std::string name;
  std::string realm;          ///< natto made it: where frames came from or leave to; else empty
  std::uint32_t snap_length;  ///< bytes; 0: no limit
  std::uint64_t ticks_per_second;
  std::int64_t offset_seconds;
};

class PcapngReader {
 public:
  explicit PcapngReader(const std::filesystem::path& file);

  [[nodiscard]] static bool reads(const std::filesystem::path& file);

  /// The next packet; none at the end, also of a file that ends within a block, which cut() tells.
  /// The error says what is damaged.
  [[nodiscard]] Result<std::optional<PcapngPacket>> next();

  /// Those of all sections that were read.
  [[nodiscard]] const std::vector<PcapngInterface>& interfaces() const noexcept {
    return interfaces_;
  }
  [[nodiscard]] bool cut() const noexcept { return cut_; }

 private:
  enum class Block { kRead, kEnd, kDamaged };

  [[nodiscard]] Block next_block();
  [[nodiscard]] bool start_section();
  [[nodiscard]] bool add_interface();
  [[nodiscard]] std::optional<PcapngPacket> simple_packet() const;
  [[nodiscard]] std::optional<PcapngPacket> packet(
      const std::optional<pcapng::PacketFields>& fields) const;

  [[nodiscard]] pcapng::Body body() const noexcept { return {bytes_, swap_}; }

  std::ifstream in_;
  std::uint32_t type_ = 0;
  std::vector<std::uint8_t> bytes_;  ///< of the block, without type, lengths
  bool swap_ = false;
  bool cut_ = false;
  std::size_t first_interface_ = 0;  ///< of the section
  std::vector<PcapngInterface> interfaces_;
};

}  // namespace natto
