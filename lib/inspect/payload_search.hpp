#pragma once

// One pass through the packets of a capture: which lie between two mappings, which of those cannot
// be looked into, and what addresses stand in the others as text, also where a stream's pieces
// split them. Memory does not grow with the capture: of so many streams the older ones are
// forgotten, which costs what was split between their pieces.

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/border.hpp"
#include "inspect/sealed.hpp"
#include "inspect/sighting.hpp"
#include "inspect/text_stream.hpp"

namespace natto {

class PayloadSearch {
 public:
  /// Gets the sightings in order. One that is not late is of the frame that is looked at.
  using Take = std::function<void(Sighting)>;

  /// `streams` are remembered at a time, at most.
  PayloadSearch(const Border& border, Take take, std::size_t streams = 32'768);

  /// An Ethernet frame, as much of it as was captured; `realm`: where its addresses hold, if known.
  void look(std::uint64_t frame, std::span<const std::uint8_t> bytes, std::string_view realm);
  /// The capture ends: what its streams ended with is told.
  void finish();

  /// Packets between two mappings.
  [[nodiscard]] std::uint64_t between_mappings() const noexcept { return between_mappings_; }
  /// Those of them that were captured in part: what lies behind the cut was not searched.
  [[nodiscard]] std::uint64_t cut_short() const noexcept { return cut_short_; }
  /// Those of them one end of which was taken for a host of one realm, and may be another's.
  [[nodiscard]] std::uint64_t uncertain() const noexcept { return uncertain_; }
  /// Packets by Sealed, which nobody can look into.
  [[nodiscard]] const std::array<std::uint64_t, kSealedKinds>& sealed() const noexcept {
    return sealed_;
  }

 private:
  struct Stream {
    Ipv4Address source;
    Ipv4Address destination;
    std::uint32_t number = 0;
    std::uint32_t next_position = 0;
    std::uint8_t protocol = 0;
    SeenPacket::Stream kind = SeenPacket::Stream::kNone;
    Sealed sealed = Sealed::kNo;
    TextStream text = {};
    Sighting last = {};  ///< the packet that `text` ends with, if that ends with an address
  };

  [[nodiscard]] Stream& stream_of(const SeenPacket& packet);
  void end(Stream& stream);
  void take_late(Stream& stream, Ipv4Address address);
  [[nodiscard]] bool is_repeated(const Stream& stream, const SeenPacket& packet) const;
  void search(const SeenPacket& packet, Stream* stream, Sighting& sighting);
  void note(Ipv4Address address, Sighting& sighting) const;
  void seal(const SeenPacket& packet, Stream* stream);

  const Border& border_;
  Take take_;
  std::vector<Stream> streams_;
  std::string joined_;
  std::uint64_t between_mappings_ = 0;
  std::uint64_t cut_short_ = 0;
  std::uint64_t uncertain_ = 0;
  std::array<std::uint64_t, kSealedKinds> sealed_{};
};

}  // namespace natto
