#include "dataplane/packet_filter.hpp"

#include <gtest/gtest.h>
#include <pcap/bpf.h>

#include <random>
#include <vector>

#include "eal/lab.hpp"
#include "support/compiled_filter.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::compiled;
using test::frame_of;
using test::make_mbuf;
using test::make_tcp;
using test::make_udp;

Error refusal(const std::vector<BpfInstruction>& program) {
  Result<PacketFilter> filter = PacketFilter::load(program);
  return filter ? Error{ErrorKind::kSystem, "loaded"} : filter.error();
}

TEST(PacketFilter, SaysWhatLibpcapSaysWhereverBuffersAreCut) {
  std::mt19937 random(3);
  const std::vector<Bytes> frames = {
      frame_of(make_tcp({}, Bytes(80))), frame_of(make_udp({}, Bytes(12))),
      frame_of(make_udp({.options = Bytes(12, 1)}, Bytes(90, 'x'))), Bytes(14), Bytes(3)};
  for (const char* filter :
       {"host 10.1.1.10", "tcp port 443", "udp[20] = 0x78", "greater 100", "not ip", "udp port 53",
        "ip[0] & 0xf != 5", "len <= 60", "tcp[(tcp[12] & 0xf0) >> 2] = 0"}) {
    const auto program = compiled(filter);
    const PacketFilter loaded = PacketFilter::load(program).value();
    for (const Bytes& frame : frames) {
      const std::size_t cut = 1 + random() % frame.size();
      for (const auto& cuts : {std::vector<std::size_t>{}, std::vector{cut}}) {
        const Mbuf packet(make_mbuf(frame, cuts));
        EXPECT_EQ(loaded.matches(*packet), test::matches(program, frame)) << filter;
      }
    }
  }
}

TEST(PacketFilter, RefusesWhatIsNoProgram) {
  EXPECT_EQ(refusal({}).kind, ErrorKind::kUsage);
  const std::vector<std::vector<BpfInstruction>> programs = {
      {{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0}},                               // no end
      {{BPF_JMP | BPF_JA, 0, 0, 5}, {BPF_RET | BPF_K, 0, 0, 1}},           // beyond it
      {{BPF_JMP | BPF_JA, 0, 0, 0xffffffff}, {BPF_RET | BPF_K, 0, 0, 1}},  // back
      {{BPF_JMP | BPF_JEQ | BPF_K, 200, 0, 0}, {BPF_RET | BPF_K, 0, 0, 1}},
      {{BPF_LD | BPF_MEM, 0, 0, 16}, {BPF_RET | BPF_A, 0, 0, 0}},  // no such memory
      {{BPF_ST, 0, 0, 77}, {BPF_RET | BPF_K, 0, 0, 1}},
      {{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}, {BPF_RET | BPF_K, 0, 0, 1}},  // by 0
      {{0xffff, 0, 0, 0}, {BPF_RET | BPF_K, 0, 0, 1}},
      std::vector<BpfInstruction>(70'000, {BPF_LD | BPF_IMM, 0, 0, 0})};
  for (const auto& program : programs) {
    EXPECT_EQ(refusal(program).kind, ErrorKind::kUsage);
  }
}

// Each pair of branches doubles the ways through it: DPDK would follow 2^60 of them.
TEST(PacketFilter, RefusesWhatTakesYearsToCheck) {
  std::vector<BpfInstruction> program;
  for (std::uint32_t i = 0; i < 60; ++i) {
    program.push_back({BPF_LD | BPF_B | BPF_ABS, 0, 0, i});
    program.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, i});
    program.push_back({BPF_LD | BPF_B | BPF_ABS, 0, 0, i + 1});
  }
  program.push_back({BPF_RET | BPF_K, 0, 0, 1});
  EXPECT_NE(refusal(program).message.find("too many branches"), std::string::npos);

  program.erase(program.begin(), program.begin() + 3 * 44);  // 2^16 are well
  EXPECT_TRUE(PacketFilter::load(program).ok());
}

}  // namespace
}  // namespace natto
