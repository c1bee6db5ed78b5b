// Any frame, cut into segments as the input's first bytes say, through the whole data plane: what
// leaves is what leaves for the same frame in one piece, only addresses, TTL, checksums and a TCP
// SYN's MSS (which never rises) differ from what came, every packet is accounted for, and every
// buffer comes back.
//
// Input: a byte of options (realm, which checksums to put right), a byte with the number of cuts,
// a byte for each, then the frame.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "dpdk/eal.hpp"
#include "dpdk/mempool.hpp"
#include "eal/lab.hpp"
#include "fuzz/check.hpp"
#include "packet/checksum.hpp"
#include "packet/wire.hpp"
#include "support/reference.hpp"
#include "table/policy_rules.hpp"

using namespace natto;
using test::Bytes;

namespace {

rte_mempool* pool = nullptr;

struct Input {
  RealmId realm = 0;
  std::vector<std::size_t> cuts;
  Bytes frame;
};

/// Random bytes seldom have right checksums: makes those right that guard the deeper code.
void fix_checksums(Bytes& frame, bool header, bool icmp) {
  if (frame.size() < kIpv4Offset + sizeof(Ipv4Header)) {
    return;
  }
  const std::span<std::uint8_t> bytes(frame);
  auto& ip = header_at<Ipv4Header>(bytes, kIpv4Offset);
  const std::size_t length = ip.header_length();
  if (length < sizeof(Ipv4Header) || kIpv4Offset + length > frame.size()) {
    return;
  }
  if (header) {
    ip.checksum = Be16::from_raw(0);
    ip.checksum = internet_checksum(bytes.subspan(kIpv4Offset, length));
  }
  const std::size_t total = ip.total_length.host();
  if (icmp && ip.protocol == protocol::kIcmp && total >= length + sizeof(IcmpHeader) &&
      kIpv4Offset + total <= frame.size()) {
    const auto message = bytes.subspan(kIpv4Offset + length, total - length);
    header_at<IcmpHeader>(message, 0).checksum = Be16::from_raw(0);
    const Be16 checksum = internet_checksum(message);
    header_at<IcmpHeader>(message, 0).checksum = checksum;
  }
}

Input read_input(std::span<const std::uint8_t> data) {
  Input input;
  if (data.size() < 2) {
    return input;
  }
  const std::uint8_t options = data[0];
  const std::size_t cuts = std::min<std::size_t>(data[1] % 16, data.size() - 2);
  const auto frame = data.subspan(2 + cuts);
  input.realm = options & 1U;
  input.frame.assign(frame.begin(),
                     frame.begin() + static_cast<long>(std::min<std::size_t>(frame.size(), 4000)));
  fix_checksums(input.frame, (options & 2U) != 0, (options & 4U) != 0);
  std::size_t left = input.frame.size();
  for (const std::uint8_t cut : data.subspan(2, cuts)) {
    input.cuts.push_back(std::min<std::size_t>(cut, left));
    left -= input.cuts.back();
  }
  return input;
}

const std::vector<Mapping>& mappings() {
  static const std::vector<Mapping> all = {
      test::make_mapping("a", test::kA, "10.1.1.10", "172.31.1.10"),
      test::make_mapping("b", test::kB, "192.168.7.20", "172.30.7.20"),
      test::make_mapping("net-a", test::kA, "10.64.0.0/10", "20.64.0.0/10"),
      test::make_mapping("net-b", test::kB, "96.0.0.0/3", "128.0.0.0/3")};
  return all;
}

/// One lab for all inputs: what came before changes nothing for a packet.
test::Lab& lab() {
  static test::Lab* the_lab = [] {
    static Eal eal = Eal::create({.any_cpu = true, .memory_mib = 256}).value();
    static Mempool owner = create_mempool("fuzz_packets", 4095).value();
    pool = owner.get();
    return new test::Lab({.mappings = mappings(),
                          .mtu = 1000,
                          .tcp_mss_clamp = 700,
                          .icmp = {.errors_per_second = UINT32_MAX, .error_burst = UINT32_MAX}});
  }();
  return *the_lab;
}

/// A policy that refuses some.
PolicyRules some_rules() {
  const auto side = [](std::size_t i) { return std::vector{test::endpoint_of(mappings()[i])}; };
  PolicyRules rules{.denies = true};
  rules.allow = {{.name = "web",
                  .from = side(0),
                  .to = side(1),
                  .protocols = {6, 17, 33, 132},
                  .ports = {{53, 53}, {256, 8191}}},
                 {.name = "nets", .from = side(2), .to = side(3), .between = true},
                 {.name = "one-way", .from = side(3), .to = side(0), .protocols = {1, 6}}};
  return rules;
}

/// Where an IPv4 packet with a checksum over its addresses has it, from the packet's first byte; 0
/// if nowhere.
std::size_t transport_checksum(const Bytes& frame, std::size_t at) {
  if (frame.size() < at + sizeof(Ipv4Header)) {
    return 0;
  }
  const auto& ip = header_at<Ipv4Header>(std::span(frame), at);
  const std::size_t l4 = ip.header_length();
  switch (ip.protocol) {
    case 6:
      return l4 + 16;
    case 17:
    case 33:
    case 136:
      return l4 + 6;
    default:
      return 0;
  }
}

/// Where the frame's MSS options have their values, if it is a SYN with all its header.
std::vector<std::size_t> mss_values(const Bytes& frame) {
  const std::size_t tcp = kIpv4Offset + (frame[kIpv4Offset] & 0x0fU) * 4;
  const bool first = (test::read16(frame, kIpv4Offset + 6) & 0x1fff) == 0;
  std::vector<std::size_t> values;
  if (frame[kIpv4Offset + 9] != protocol::kTcp || !first || (frame[tcp + 13] & 2) == 0) {
    return values;
  }
  const std::size_t end = tcp + (frame[tcp + 12] >> 4) * 4;
  std::size_t at = tcp + 20;
  while (end <= frame.size() && at + 1 < end && frame[at] != 0) {
    const std::size_t length = frame[at] == 1 ? 1 : frame[at + 1];
    if (length == 4 && frame[at] == 2 && at + 4 <= end) {
      values.push_back(at + 2);
    }
    if (length == 0 || (length == 1 && frame[at] != 1)) {
      break;
    }
    at += length;
  }
  return values;
}

/// `in` with every byte zero that a translation may change.
Bytes without_what_may_change(Bytes in, std::size_t length) {
  in.resize(length);
  const auto clear = [&in](std::size_t at, std::size_t count) {
    for (std::size_t i = at; i < std::min(at + count, in.size()); ++i) {
      in[i] = 0;
    }
  };
  const auto clear_packet = [&](std::size_t at) {
    const std::size_t l4_checksum = transport_checksum(in, at);
    clear(at + 10, 10);  // header checksum and addresses
    if (l4_checksum != 0) {
      clear(at + l4_checksum, 2);
    }
  };
  const auto& ip = header_at<Ipv4Header>(std::span(in), kIpv4Offset);
  const std::size_t icmp = kIpv4Offset + ip.header_length();
  const bool is_error = ip.protocol == protocol::kIcmp && icmp + 8 < in.size() &&
                        (in[icmp] == 3 || in[icmp] == 11 || in[icmp] == 12);
  if (is_error) {
    clear(icmp + 2, 2);
    clear_packet(icmp + 8);
  }
  for (const std::size_t value : mss_values(in)) {
    clear(value, 2);
  }
  clear_packet(kIpv4Offset);
  clear(0, 12);               // MAC addresses
  clear(kIpv4Offset + 8, 1);  // TTL
  return in;
}

std::vector<Bytes> outputs(const Input& input, const std::vector<std::size_t>& cuts) {
  lab().receive(input.realm, test::make_mbuf(input.frame, cuts));
  lab().run();
  std::vector<Bytes> frames = lab().sent(test::kA);
  std::ranges::move(lab().sent(test::kB), std::back_inserter(frames));
  return frames;
}

/// A policy lets a packet pass as it would without one, or not at all.
void check_policy(const Input& input, const std::vector<Bytes>& without) {
  static const auto plain = test::make_version(2, mappings());
  static const auto policed = test::make_version(3, mappings(), "", some_rules());
  test::start_with(lab().dataplane(), *policed);
  const std::uint64_t translated = lab().counters().translated;
  const std::vector<Bytes> linear = outputs(input, {});
  FUZZ_CHECK(lab().counters().translated == translated || linear == without);
  FUZZ_CHECK(linear == outputs(input, {}));
  FUZZ_CHECK(linear == outputs(input, input.cuts));
  test::start_with(lab().dataplane(), *plain);
}

}  // namespace

rte_mempool* natto::test::shared_pool() { return pool; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input = read_input({data, size});
  const CounterSums before = lab().counters();
  const std::vector<Bytes> linear = outputs(input, {});
  const CounterSums between = lab().counters();
  if (between.translated > before.translated && between.fragmented == before.fragmented) {
    FUZZ_CHECK(linear.size() == 1);
    const std::size_t length = linear[0].size();
    FUZZ_CHECK(length <= input.frame.size());
    FUZZ_CHECK(without_what_may_change(linear[0], length) ==
               without_what_may_change(input.frame, length));
    for (const std::size_t value : mss_values(linear[0])) {
      FUZZ_CHECK(test::read16(linear[0], value) <= test::read16(input.frame, value));
    }
  }
  FUZZ_CHECK(linear == outputs(input, {}));  // if it is plain, by the flow cache
  FUZZ_CHECK(linear == outputs(input, input.cuts));
  check_policy(input, linear);
  const CounterSums sums = lab().counters();
  FUZZ_CHECK(sums.received == sums.translated + sums.consumed + sums.dropped());
  FUZZ_CHECK(rte_mempool_in_use_count(pool) == 0);
  return 0;
}
