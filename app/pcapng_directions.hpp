#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace natto {

/// Reads beside libpcap, packet by packet, what that does not tell of a pcapng file. It tells
/// nothing where the file is damaged or of another format.
class PcapngDirections {
 public:
  explicit PcapngDirections(const std::filesystem::path& file);

  struct Direction {
    bool outbound = false;   ///< its epb_flags say so
    std::string realm = {};  ///< natto captured it: where it came from or leaves to; else empty
  };
  /// Of the next packet.
  [[nodiscard]] Direction next();

 private:
  /// Its type, its body in body_. 0: there is none.
  [[nodiscard]] std::uint32_t next_block();
  /// Of the enhanced packet block in body_.
  [[nodiscard]] Direction direction() const;
  /// Of the interface block in body_: as in Direction.
  [[nodiscard]] std::string realm() const;
  /// The value of an option in body_, where options begin at `at`; empty: there is none.
  [[nodiscard]] std::span<const char> option(std::size_t at, std::uint16_t code) const;
  /// In the byte order of the file's section.
  [[nodiscard]] std::uint32_t word(std::span<const char> bytes, std::size_t at) const;
  [[nodiscard]] std::uint16_t half(std::size_t at) const;

  std::ifstream in_;
  std::vector<char> body_;
  std::vector<std::string> realms_;  ///< by interface of the section
  bool swap_ = false;
  bool is_pcapng_;
};

}  // namespace natto
