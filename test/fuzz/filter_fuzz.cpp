// Any program as a filter of a capture: it is refused, or says of any frame, however its buffers
// are cut, what libpcap's interpreter says; and what is derived from it holds for what it matches.
//
// Input: the number of instructions, where the buffer is cut, 8 bytes for each instruction, then
// the frame.

#include <pcap/pcap.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "capture/necessary.hpp"
#include "dataplane/packet_filter.hpp"
#include "dpdk/eal.hpp"
#include "fuzz/check.hpp"

using namespace natto;

namespace {

void set_piece(rte_mbuf& piece, std::vector<std::uint8_t>& bytes) {
  piece.buf_addr = bytes.data();
  piece.data_len = static_cast<std::uint16_t>(bytes.size());
}

bool dpdk_says(const PacketFilter& filter, const std::vector<std::uint8_t>& frame,
               std::size_t cut) {
  // On the heap each, so that the sanitizer sees what lies behind.
  std::vector<std::uint8_t> front(frame.begin(), frame.begin() + static_cast<long>(cut));
  std::vector<std::uint8_t> back(frame.begin() + static_cast<long>(cut), frame.end());
  rte_mbuf first{};
  rte_mbuf second{};
  set_piece(first, front);
  set_piece(second, back);
  first.pkt_len = static_cast<std::uint32_t>(frame.size());
  first.nb_segs = 2;
  first.next = &second;
  return filter.matches(first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Eal eal = Eal::create({.any_cpu = true, .memory_mib = 64}).value();
  if (size < 2) {
    return 0;
  }
  const std::size_t count = std::min<std::size_t>(data[0], (size - 2) / 8);
  std::vector<BpfInstruction> program(count);
  std::vector<bpf_insn> instructions(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(&program[i], data + 2 + 8 * i, sizeof(BpfInstruction));
    instructions[i] = {program[i].code, program[i].jump_true, program[i].jump_false, program[i].k};
  }
  const std::vector<std::uint8_t> frame(data + 2 + 8 * count, data + size);
  const Result<PacketFilter> filter = PacketFilter::load(program);
  if (!filter) {
    FUZZ_CHECK(filter.error().kind == ErrorKind::kUsage);
    return 0;
  }
  const auto length = static_cast<unsigned>(frame.size());
  const bool matches = bpf_filter(instructions.data(), frame.data(), length, length) != 0;
  FUZZ_CHECK(dpdk_says(*filter, frame, 0) == matches);
  FUZZ_CHECK(dpdk_says(*filter, frame, data[1] % (frame.size() + 1)) == matches);

  const NecessaryConditions conditions = necessary_conditions(program);
  if (matches && frame.size() >= kQuickBytes && is_quick(frame.data())) {
    for (const auto& tests : conditions.all_of) {
      FUZZ_CHECK(std::ranges::any_of(
          tests, [&](const FieldTest& one) { return one.holds(frame.data()); }));
    }
  }
  return 0;
}
