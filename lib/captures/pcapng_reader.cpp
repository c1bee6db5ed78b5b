#include "captures/pcapng_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "captures/pcapng.hpp"

namespace natto {
namespace {

constexpr std::size_t kMostInterfaces = 65'536;

}  // namespace

PcapngReader::PcapngReader(const std::filesystem::path& file) : in_(file, std::ios::binary) {}

bool PcapngReader::reads(const std::filesystem::path& file) {
  std::array<char, 4> magic{};
  std::ifstream(file, std::ios::binary).read(magic.data(), magic.size());
  return magic == std::array{'\x0a', '\x0d', '\x0d', '\x0a'};
}

Result<std::optional<PcapngPacket>> PcapngReader::next() {
  for (;;) {
    const Block block = next_block();
    if (block == Block::kEnd) {
      return std::optional<PcapngPacket>();
    }
    if (block == Block::kDamaged) {
      return input_error("a block with a wrong length");
    }
    std::optional<PcapngPacket> packet;
    switch (type_) {
      case pcapng::kSectionHeader:
        if (!start_section()) {
          return input_error("a section header in no known byte order");
        }
        continue;
      case pcapng::kInterface:
        if (!add_interface()) {
          return input_error("an interface that is not described whole");
        }
        continue;
      case pcapng::kEnhancedPacket:
        packet = this->packet(body().enhanced_packet());
        break;
      case pcapng::kSimplePacket:
        packet = simple_packet();
        break;
      case pcapng::kObsoletePacket:
        packet = this->packet(body().obsolete_packet());
        break;
      default:
        continue;
    }
    if (!packet) {
      return input_error("a packet that is longer than its block, or of no interface");
    }
    return packet;
  }
}

PcapngReader::Block PcapngReader::next_block() {
  std::array<char, 8> head{};
  in_.read(head.data(), head.size());
  if (in_.gcount() < static_cast<std::streamsize>(head.size())) {
    cut_ = in_.gcount() > 0;
    return Block::kEnd;
  }
  bytes_.assign(head.begin(), head.end());
  type_ = body().word(0);
  if (type_ == pcapng::kSectionHeader) {  // the same in both orders
    std::array<char, 4> magic{};
    in_.read(magic.data(), magic.size());
    const auto got = static_cast<std::streamoff>(in_.gcount());
    in_.clear();
    in_.seekg(-got, std::ios::cur);
    std::uint32_t order = 0;
    std::memcpy(&order, magic.data(), sizeof(order));
    swap_ = order == __builtin_bswap32(pcapng::kByteOrderMagic);
  }
  const std::uint32_t length = body().word(4);
  const std::optional<std::uint32_t> rest = pcapng::bytes_behind_head(length);
  if (!rest) {
    return Block::kDamaged;
  }
  bytes_.resize(*rest);
  in_.read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(*rest));
  if (in_.gcount() < static_cast<std::streamsize>(*rest)) {
    cut_ = true;
    return Block::kEnd;
  }
  const std::size_t body_bytes = *rest - sizeof(length);
  const bool whole = body().word(body_bytes) == length;
  bytes_.resize(body_bytes);
  return whole ? Block::kRead : Block::kDamaged;
}

bool PcapngReader::start_section() {
  first_interface_ = interfaces_.size();
  return body().is_section();
}

bool PcapngReader::add_interface() {
  const std::optional<pcapng::InterfaceFields> fields = body().interface();
  if (!fields || interfaces_.size() == kMostInterfaces) {
    return false;
  }
  const bool by_natto = fields->description.starts_with(pcapng::kNattoDescription);
  const std::string_view name = fields->name.substr(0, fields->name.find('\0'));
  interfaces_.push_back(
      {.link_type = fields->link_type,
       .name = std::string(name),
       .realm = std::string(by_natto ? name.substr(0, name.rfind(' ')) : ""),  // "company-a in"
       .snap_length = fields->snap_length,
       .ticks_per_second = fields->ticks_per_second,
       .offset_seconds = fields->offset_seconds});
  return true;
}

std::optional<PcapngPacket> PcapngReader::simple_packet() const {
  return first_interface_ == interfaces_.size()
             ? std::nullopt
             : packet(body().simple_packet(interfaces_[first_interface_].snap_length));
}

std::optional<PcapngPacket> PcapngReader::packet(
    const std::optional<pcapng::PacketFields>& fields) const {
  if (!fields || fields->interface >= interfaces_.size() - first_interface_) {
    return std::nullopt;
  }
  const std::size_t index = first_interface_ + fields->interface;
  const PcapngInterface& interface = interfaces_[index];
  PcapngPacket packet{.interface = index,
                      .time_ns = pcapng::to_nanoseconds(fields->ticks, interface.ticks_per_second,
                                                        interface.offset_seconds),
                      .length = fields->length,
                      .bytes = fields->bytes,
                      .outbound = false,
                      .comments = {}};
  body().for_each_option(fields->options, [&](const pcapng::Option& option) {
    if (option.code == pcapng::kComment) {
      packet.comments.push_back(option.value);
    } else if (const std::optional<std::uint32_t> flags = body().flags(option)) {
      packet.outbound = (*flags & pcapng::kDirection) == pcapng::kOutbound;
    }
  });
  return packet;
}

}  // namespace natto
