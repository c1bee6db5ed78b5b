#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

namespace natto {

/// Reads beside libpcap, packet by packet, what that does not tell of a pcapng file: whether a
/// packet's epb_flags say "outbound". None is where the file is damaged or of another format.
class PcapngDirections {
 public:
  explicit PcapngDirections(const std::filesystem::path& file);

  /// Of the next packet.
  [[nodiscard]] bool next_is_outbound();

 private:
  /// Its type, its body in body_. 0: there is none.
  [[nodiscard]] std::uint32_t next_block();
  /// The enhanced packet block in body_.
  [[nodiscard]] bool says_outbound() const;
  /// In the byte order of the file's section.
  [[nodiscard]] std::uint32_t word(std::span<const char> bytes, std::size_t at) const;
  [[nodiscard]] std::uint16_t half(std::size_t at) const;

  std::ifstream in_;
  std::vector<char> body_;
  bool swap_ = false;
  bool is_pcapng_;
};

}  // namespace natto
