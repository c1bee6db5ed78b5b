#include "inspect/payload_search.hpp"

#include <algorithm>
#include <utility>

#include "inspect/applications.hpp"
#include "packet/wire.hpp"

namespace natto {
namespace {

std::size_t hash_of(const SeenPacket& packet) {
  constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;
  std::uint64_t hash = std::uint64_t{packet.source.host()} << 32U | packet.destination.host();
  hash = (hash * kMix) ^ (std::uint64_t{packet.stream_number} << 8U | packet.protocol);
  return hash * kMix >> 32U;
}

/// Of a DNS answer, the address whose name was asked for: the reader knew it before (RFC 1035
/// §4.1).
std::optional<Ipv4Address> asked_of_dns(const SeenPacket& packet) {
  constexpr std::uint16_t kDns = 53;
  constexpr std::size_t kHeaderBytes = 12;
  constexpr std::size_t kFlagsAt = 2;
  constexpr std::uint8_t kAnswer = 0x80;
  const std::size_t length_bytes = packet.protocol == protocol::kTcp ? 2 : 0;
  std::string_view message = packet.payload;
  message.remove_prefix(std::min(length_bytes, message.size()));
  if (packet.source_port != kDns || message.size() < kHeaderBytes ||
      (static_cast<std::uint8_t>(message[kFlagsAt]) & kAnswer) == 0) {
    return std::nullopt;
  }
  message.remove_prefix(kHeaderBytes);
  std::optional<Ipv4Address> asked;
  text_search::for_each(message.substr(0, message.find('\0')),
                        [&](const text_search::Match& match) { asked = match.address; });
  return asked;
}

}  // namespace

PayloadSearch::PayloadSearch(const Border& border, Take take, std::size_t streams)
    : border_(border), take_(std::move(take)), streams_(streams) {}

void PayloadSearch::look(std::uint64_t frame, std::span<const std::uint8_t> bytes,
                         std::string_view realm) {
  const std::optional<SeenPacket> packet = see(bytes);
  const auto ends =
      packet ? border_.ends_of(packet->source, packet->destination, realm) : std::optional<Ends>();
  if (!ends) {
    return;
  }
  ++between_mappings_;
  cut_short_ += packet->whole ? 0U : 1U;
  uncertain_ += ends->certain ? 0U : 1U;
  if (packet->icmp_error) {
    return;  // nobody reads the payload that it quotes
  }
  Sighting sighting{.frame = frame,
                    .ends = *ends,
                    .protocol = packet->protocol,
                    .source_port = packet->source_port,
                    .destination_port = packet->destination_port,
                    .application = {},
                    .texts = {},
                    .open = {}};
  Stream* stream = packet->stream == SeenPacket::Stream::kNone ? nullptr : &stream_of(*packet);
  seal(*packet, stream);
  if (!packet->payload.empty()) {
    search(*packet, stream, sighting);
    if (const auto asked = asked_of_dns(*packet)) {
      std::erase(sighting.texts, *asked);
    }
  }
  if (!sighting.texts.empty() || sighting.open) {
    sighting.application = application_by_words(packet->payload);
  }
  if (stream != nullptr && sighting.open) {
    stream->last = sighting;
  }
  take_(std::move(sighting));
}

void PayloadSearch::finish() {
  for (Stream& stream : streams_) {
    end(stream);
  }
}

/// The packet's, which knows nothing yet if the packet is not the next of it.
PayloadSearch::Stream& PayloadSearch::stream_of(const SeenPacket& packet) {
  Stream& stream = streams_[hash_of(packet) % streams_.size()];
  const bool is_its = stream.kind == packet.stream && stream.protocol == packet.protocol &&
                      stream.number == packet.stream_number && stream.source == packet.source &&
                      stream.destination == packet.destination;
  if (!is_its || packet.starts) {
    end(stream);
    stream = {.source = packet.source,
              .destination = packet.destination,
              .number = packet.stream_number,
              .next_position = packet.position,
              .protocol = packet.protocol,
              .kind = packet.stream};
  }
  return stream;
}

void PayloadSearch::end(Stream& stream) {
  if (const auto address = stream.text.open()) {
    take_late(stream, *address);
  }
  stream.text = {};
}

/// What was known only after its packet: that the packet ends with `address`.
void PayloadSearch::take_late(Stream& stream, Ipv4Address address) {
  if (border_.is_real(address)) {
    stream.last.texts = {address};
    stream.last.open.reset();
    stream.last.late = true;
    take_(std::move(stream.last));
  }
}

/// Whether all of it, or its beginning, was there before.
bool PayloadSearch::is_repeated(const Stream& stream, const SeenPacket& packet) const {
  return static_cast<std::int32_t>(packet.position - stream.next_position) < 0;
}

void PayloadSearch::search(const SeenPacket& packet, Stream* stream, Sighting& sighting) {
  if (stream == nullptr || is_repeated(*stream, packet)) {
    // What ends with a repeated piece was open when that came first.
    const bool is_end = stream == nullptr && packet.whole;
    text_search::for_each(packet.payload, [&](const text_search::Match& match) {
      if (is_end || !match.open) {
        note(match.address, sighting);
      }
    });
    return;
  }
  if (packet.position != stream->next_position) {
    end(*stream);
  }
  stream->text.next(
      packet.payload, joined_, [&](Ipv4Address address) { take_late(*stream, address); },
      [&](Ipv4Address address) { note(address, sighting); });
  stream->next_position = packet.next_position;
  if (!packet.whole) {
    stream->text = {};  // what comes next is not what follows, and the last text may be cut
  }
  const auto open = stream->text.open();
  if (open && border_.is_real(*open)) {
    sighting.open = open;
  }
}

void PayloadSearch::note(Ipv4Address address, Sighting& sighting) const {
  if (border_.is_real(address) &&
      std::ranges::find(sighting.texts, address) == sighting.texts.end()) {
    sighting.texts.push_back(address);
  }
}

void PayloadSearch::seal(const SeenPacket& packet, Stream* stream) {
  Sealed sealed = sealed_by(packet);
  if (stream != nullptr && packet.stream == SeenPacket::Stream::kTcp) {
    if (sealed != Sealed::kNo || (stream->sealed == Sealed::kEncoded && begins_http(packet))) {
      stream->sealed = sealed;
    }
    sealed = packet.payload.empty() ? Sealed::kNo : stream->sealed;
  }
  if (sealed != Sealed::kNo) {
    ++sealed_[static_cast<std::size_t>(sealed)];
  }
}

}  // namespace natto
