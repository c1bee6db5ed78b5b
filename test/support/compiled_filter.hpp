#pragma once

// Filters as tcpdump has them, by libpcap.

#include <pcap/pcap.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "capture/bpf.hpp"
#include "support/bytes.hpp"

namespace natto::test {

/// None for an empty filter.
[[nodiscard]] inline std::vector<BpfInstruction> compiled(const std::string& filter) {
  std::vector<BpfInstruction> instructions;
  if (filter.empty()) {
    return instructions;
  }
  pcap_t* const pcap = pcap_open_dead(DLT_EN10MB, 262'144);
  bpf_program program{};
  if (pcap_compile(pcap, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    throw std::runtime_error(filter + ": " + pcap_geterr(pcap));
  }
  for (unsigned i = 0; i < program.bf_len; ++i) {
    const bpf_insn& one = program.bf_insns[i];
    instructions.push_back({one.code, one.jt, one.jf, one.k});
  }
  pcap_freecode(&program);
  pcap_close(pcap);
  return instructions;
}

/// As libpcap's own interpreter says.
[[nodiscard]] inline bool matches(const std::vector<BpfInstruction>& program, const Bytes& frame) {
  std::vector<bpf_insn> instructions;
  for (const BpfInstruction& one : program) {
    instructions.push_back({one.code, one.jump_true, one.jump_false, one.k});
  }
  const auto length = static_cast<unsigned>(frame.size());
  return program.empty() || bpf_filter(instructions.data(), frame.data(), length, length) != 0;
}

}  // namespace natto::test
