#include "packet_line.hpp"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/hex.hpp"
#include "packet/drop_reasons.hpp"
#include "packet/glance.hpp"
#include "packet/protocol_names.hpp"
#include "packet/wire.hpp"

namespace natto {
namespace {

using FrameBytes = std::span<const std::uint8_t>;

/// What of a frame lies at `offset`; null if it ends before.
template <typename T>
const T* part_at(FrameBytes frame, std::size_t offset) {
  return frame.size() >= offset + sizeof(T) ? &header_at<T>(frame, offset) : nullptr;
}

std::string tcp_text(FrameBytes frame, std::size_t at, unsigned length) {
  const auto* tcp = part_at<TcpHeader>(frame, at);
  if (tcp == nullptr) {
    return "TCP, cut";
  }
  constexpr std::array kFlags = {std::pair{0x02, 'S'}, std::pair{0x01, 'F'}, std::pair{0x04, 'R'},
                                 std::pair{0x08, 'P'}, std::pair{0x20, 'U'}, std::pair{0x40, 'E'},
                                 std::pair{0x80, 'W'}, std::pair{0x10, '.'}};
  std::string flags;
  for (const auto& [bit, letter] : kFlags) {
    if ((tcp->flags & bit) != 0) {
      flags += letter;
    }
  }
  std::string text =
      fmt::format("Flags [{}], seq {}", flags.empty() ? "none" : flags, tcp->sequence.host());
  if ((tcp->flags & TcpHeader::kAck) != 0) {
    text += fmt::format(", ack {}", tcp->acknowledgment.host());
  }
  const unsigned header = tcp->header_length();
  return text + fmt::format(", win {}, length {}", tcp->window.host(),
                            length > header ? length - header : 0);
}

std::string_view unreachable_text(std::uint8_t code) {
  constexpr std::array<std::string_view, 16> kCodes = {"net unreachable",
                                                       "host unreachable",
                                                       "protocol unreachable",
                                                       "port unreachable",
                                                       "need to frag",
                                                       "source route failed",
                                                       "net unknown",
                                                       "host unknown",
                                                       "source isolated",
                                                       "net prohibited",
                                                       "host prohibited",
                                                       "net unreachable for tos",
                                                       "host unreachable for tos",
                                                       "admin prohibited",
                                                       "precedence violation",
                                                       "precedence cutoff"};
  return code < kCodes.size() ? kCodes[code] : "unreachable";
}

std::string icmp_text(FrameBytes frame, std::size_t at, unsigned length) {
  const auto* icmp = part_at<IcmpHeader>(frame, at);
  if (icmp == nullptr) {
    return "ICMP, cut";
  }
  std::string kind;
  switch (icmp->type) {
    case icmp::kEchoRequest:
    case icmp::kEchoReply:
      kind = fmt::format(
          "echo {}, id {}, seq {}", icmp->type == icmp::kEchoRequest ? "request" : "reply",
          header_at<Be16>(frame, at + 4).host(), header_at<Be16>(frame, at + 6).host());
      break;
    case icmp::kDestinationUnreachable:
      kind = unreachable_text(icmp->code);
      break;
    case icmp::kTimeExceeded:
      kind = icmp->code == 0 ? "time exceeded in-transit" : "ip reassembly time exceeded";
      break;
    case icmp::kRedirect:
      kind = "redirect";
      break;
    case icmp::kParameterProblem:
      kind = "parameter problem";
      break;
    default:
      kind = fmt::format("type {}, code {}", icmp->type, icmp->code);
      break;
  }
  if (icmp->type == icmp::kDestinationUnreachable && icmp->code == 4) {
    kind += fmt::format(" (mtu {})", header_at<Be16>(frame, at + 6).host());
  }
  const bool quotes = icmp->type == icmp::kDestinationUnreachable ||
                      icmp->type == icmp::kTimeExceeded || icmp->type == icmp::kParameterProblem;
  const std::size_t quoted = at + sizeof(IcmpHeader);
  if (quotes && frame.size() > quoted) {
    // As in a frame of its own.
    std::vector<std::uint8_t> inner(frame.begin(), frame.begin() + kIpv4Offset);
    inner.insert(inner.end(), frame.begin() + static_cast<long>(quoted), frame.end());
    kind += fmt::format(" for {}", addresses_text(inner));
  }
  return fmt::format("ICMP {}, length {}", kind, length);
}

std::string arp_text(FrameBytes frame) {
  const auto* arp = part_at<ArpPacket>(frame, kIpv4Offset);
  if (arp == nullptr) {
    return "ARP, cut";
  }
  return arp->operation.host() == 1 ? fmt::format("ARP, Request who-has {} tell {}",
                                                  to_string(arp->target), to_string(arp->sender))
                                    : fmt::format("ARP, Reply {} is-at {}", to_string(arp->sender),
                                                  to_string(arp->sender_mac));
}

std::string clock_text(std::uint64_t unix_ns) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const auto seconds = static_cast<time_t>(unix_ns / kSecond);
  tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:06}", local.tm_hour, local.tm_min, local.tm_sec,
                     unix_ns % kSecond / 1000);
}

std::string whose(const api::CapturedReport& packet) {
  std::string text;
  if (!packet.from.empty() || !packet.to.empty()) {
    text = fmt::format("{} > {}", packet.from.empty() ? "-" : packet.from,
                       packet.to.empty() ? "-" : packet.to);
  }
  if (!packet.rule.empty()) {
    text += fmt::format("{}rule {}", text.empty() ? "" : ", ", packet.rule);
  }
  return text;
}

/// What to tell of a packet that is not just sent.
std::string trouble(const api::CapturedReport& packet) {
  if (packet.fate != "dropped") {
    return packet.fate == "sent"   ? ""
           : packet.fate == "held" ? "held until its next hop is known"
                                   : packet.fate;
  }
  const auto known = std::ranges::find(kDropReasons, packet.reason, &DropReasonInfo::name);
  return known == kDropReasons.end()
             ? fmt::format("dropped: {}", packet.reason)
             : fmt::format("dropped: {} ({})", packet.reason, known->meaning);
}

}  // namespace

std::string addresses_text(FrameBytes frame) {
  const Glance glance = glance_at(frame);
  if (glance.ethertype == ethertype::kArp) {
    return "";
  }
  if (!glance.has_addresses) {
    const auto* ethernet = part_at<EthernetHeader>(frame, 0);
    return ethernet == nullptr ? "?"
                               : fmt::format("{} > {}", to_string(ethernet->source),
                                             to_string(ethernet->destination));
  }
  const auto end = [&](Ipv4Address address, std::uint16_t port) {
    return glance.has_ports ? fmt::format("{}.{}", to_string(address), port) : to_string(address);
  };
  return fmt::format("{} > {}", end(glance.source, glance.source_port),
                     end(glance.destination, glance.destination_port));
}

std::string content_text(FrameBytes frame) {
  const Glance glance = glance_at(frame);
  if (glance.ethertype == ethertype::kArp) {
    return arp_text(frame);
  }
  if (!glance.has_addresses) {
    return fmt::format("ethertype 0x{:04x}, length {}", glance.ethertype, frame.size());
  }
  const auto& ip = header_at<Ipv4Header>(frame, kIpv4Offset);
  const unsigned header = ip.header_length();
  const unsigned length = ip.total_length.host() > header ? ip.total_length.host() - header : 0;
  const std::size_t at = kIpv4Offset + header;
  if (ip.fragment_offset() != 0) {
    return fmt::format("{} fragment at {}, length {}", protocol_name(ip.protocol),
                       ip.fragment_offset(), length);
  }
  switch (ip.protocol) {
    case protocol::kTcp:
      return tcp_text(frame, at, length);
    case protocol::kUdp:
      return fmt::format("UDP, length {}",
                         length > sizeof(UdpHeader) ? length - sizeof(UdpHeader) : 0);
    case protocol::kIcmp:
      return icmp_text(frame, at, length);
    default:
      return fmt::format("{}, length {}", protocol_name(ip.protocol), length);
  }
}

std::string fate_text(const api::CapturedReport& packet) {
  const std::string what = trouble(packet);
  const std::string who = whose(packet);
  return (what.empty() ? packet.fate : what) + (who.empty() ? "" : "; " + who);
}

std::string packet_line(const api::CapturedReport& packet) {
  const auto in = from_hex(packet.in_frame).value_or(std::vector<std::uint8_t>());
  const auto out = from_hex(packet.out_frame).value_or(std::vector<std::uint8_t>());
  const std::string came = in.empty() ? "" : addresses_text(in);
  const std::string leaves = out.empty() ? "" : addresses_text(out);
  const std::string both = came + (came.empty() || leaves.empty() ? "" : " => ") + leaves;
  std::string line = fmt::format(
      "{} {} > {} ", clock_text(packet.at_ns), packet.in_realm.empty() ? "natto" : packet.in_realm,
      packet.out_realm.empty() ? (packet.fate == "to natto" ? "natto" : "-") : packet.out_realm);
  line += (both.empty() ? "" : both + ": ") + content_text(in.empty() ? out : in);
  if (const std::string what = trouble(packet); !what.empty()) {
    line += " -- " + what;
  }
  if (const std::string who = whose(packet); !who.empty()) {
    line += " [" + who + "]";
  }
  return line;
}

}  // namespace natto
