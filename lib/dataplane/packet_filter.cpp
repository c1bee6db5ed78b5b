#include "dataplane/packet_filter.hpp"

#include <fmt/format.h>
#include <pcap/bpf.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include <algorithm>
#include <vector>

namespace natto {
namespace {

Error unfit(std::string why) {
  return {ErrorKind::kUsage, "this is no filter that natto runs: " + std::move(why)};
}

/// Ways through a valid program, whose jumps only go forward.
std::uint64_t paths_through(BpfProgram program) {
  std::vector<std::uint64_t> ways(program.size());
  ways[0] = 1;
  std::uint64_t sum = 0;
  const auto go = [&](std::size_t from, std::size_t to) {
    ways[to] = std::min(ways[to] + ways[from], PacketFilter::kMostPaths + 1);
  };
  for (std::size_t i = 0; i < program.size(); ++i) {
    const BpfInstruction& one = program[i];
    if (BPF_CLASS(one.code) == BPF_RET) {
      sum = std::min(sum + ways[i], PacketFilter::kMostPaths + 1);
    } else if (BPF_CLASS(one.code) != BPF_JMP) {
      go(i, i + 1);
    } else if (BPF_OP(one.code) == BPF_JA) {
      go(i, i + 1 + one.k);
    } else {
      go(i, i + 1 + one.jump_true);
      go(i, i + 1 + one.jump_false);
    }
  }
  return sum;
}

/// What libpcap lets pass: it does not look at the upper half of a code, and programs may jump back
/// and never end.
bool is_strange(BpfProgram program) {
  return std::ranges::any_of(program, [&](const BpfInstruction& one) {
    const bool jumps = BPF_CLASS(one.code) == BPF_JMP && BPF_OP(one.code) == BPF_JA;
    return one.code > UINT8_MAX || (jumps && one.k >= program.size());
  });
}

/// rte_bpf_convert forgets the index register of `ldb [x + k]` and `ld [x + k]`, in all releases up
/// to 25.11: it takes a bit of their size for one that says whether there is such a register.
void put_index_registers(rte_bpf_prm& parameters) {
  constexpr std::uint8_t kIndexRegister = EBPF_REG_7;
  for (std::uint32_t i = 0; i < parameters.nb_ins; ++i) {
    auto& one = const_cast<ebpf_insn&>(parameters.ins[i]);
    if (BPF_CLASS(one.code) == BPF_LD && BPF_MODE(one.code) == BPF_IND) {
      one.src_reg = kIndexRegister;
    }
  }
}

}  // namespace

Result<PacketFilter> PacketFilter::load(BpfProgram program) {
  std::vector<bpf_insn> instructions;
  for (const BpfInstruction& one : program) {
    instructions.push_back(
        {.code = one.code, .jt = one.jump_true, .jf = one.jump_false, .k = one.k});
  }
  const auto size = static_cast<unsigned>(instructions.size());
  if (bpf_validate(instructions.data(), static_cast<int>(size)) == 0 || is_strange(program)) {
    return unfit("classic BPF does not allow it");
  }
  if (paths_through(program) > kMostPaths) {
    return unfit("it has too many branches: use fewer alternatives");
  }
  const bpf_program classic{.bf_len = size, .bf_insns = instructions.data()};
  struct FreeParameters {
    void operator()(rte_bpf_prm* parameters) const noexcept { rte_free(parameters); }
  };
  const std::unique_ptr<rte_bpf_prm, FreeParameters> parameters(rte_bpf_convert(&classic));
  if (parameters == nullptr) {
    return unfit(fmt::format("DPDK does not convert it: {}", rte_strerror(rte_errno)));
  }
  put_index_registers(*parameters);
  PacketFilter filter;
  filter.bpf_.reset(rte_bpf_load(parameters.get()));
  if (filter.bpf_ == nullptr) {
    return unfit(fmt::format("DPDK does not load it: {}", rte_strerror(rte_errno)));
  }
  return filter;
}

}  // namespace natto
