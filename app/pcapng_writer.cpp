#include "pcapng_writer.hpp"

#include "captures/pcapng.hpp"
#include "captures/pcapng_block.hpp"

namespace natto {

PcapngWriter::PcapngWriter(std::ostream& out, std::uint32_t snaplen)
    : out_(out), snaplen_(snaplen) {
  PcapngBlock section = PcapngBlock::section();
  section.option(pcapng::kUserApplication, "natto " NATTO_VERSION);
  out_ << std::move(section).finish();
}

void PcapngWriter::write(const Frame& frame) {
  PcapngBlock block = PcapngBlock::packet(interface_of(frame), frame.unix_ns,
                                          static_cast<std::uint32_t>(frame.length), frame.bytes);
  block.number_option(pcapng::kPacketFlags, frame.outgoing ? pcapng::kOutbound : pcapng::kInbound)
      .number_option(pcapng::kPacketId, frame.packet_id);
  if (!frame.comment.empty()) {
    block.option(pcapng::kComment, frame.comment);
  }
  out_ << std::move(block).finish();
}

std::uint32_t PcapngWriter::interface_of(const Frame& frame) {
  const auto next = static_cast<std::uint32_t>(interfaces_.size());
  const auto [found, is_new] = interfaces_.try_emplace({frame.realm, frame.outgoing}, next);
  if (is_new) {
    PcapngBlock block =
        PcapngBlock::interface(snaplen_, frame.realm + (frame.outgoing ? " out" : " in"));
    block.option(pcapng::kInterfaceDescription,
                 pcapng::kNattoDescription +
                     std::string(frame.outgoing ? "leaves to " : "comes from ") + frame.realm);
    out_ << std::move(block).finish();
  }
  return found->second;
}

}  // namespace natto
