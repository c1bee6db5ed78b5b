#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace natto {

/// Writes Ethernet frames as pcapng (draft-ietf-opsawg-pcapng), in the machine's byte order. An
/// interface is described before its first frame. Whether all was written, the stream knows.
class PcapngWriter {
 public:
  /// Begins a section. `snaplen`: bytes of each frame at most.
  PcapngWriter(std::ostream& out, std::uint32_t snaplen);

  struct Frame {
    std::string realm;
    bool outgoing;            ///< it leaves to the realm, and did not come from there
    std::uint64_t packet_id;  ///< that of the same packet on another interface
    std::uint64_t unix_ns;
    std::uint64_t length;  ///< of the whole frame
    std::span<const std::uint8_t> bytes;
    std::string comment;
  };
  void write(const Frame& frame);

 private:
  [[nodiscard]] std::uint32_t interface_of(const Frame& frame);

  std::ostream& out_;
  std::uint32_t snaplen_;
  std::map<std::pair<std::string, bool>, std::uint32_t> interfaces_;
};

}  // namespace natto
