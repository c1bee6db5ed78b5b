#pragma once

#include <cstdint>
#include <span>

namespace natto {

/// An instruction of classic BPF, the language that tcpdump's filters are compiled to (bpf(4)).
struct BpfInstruction {
  std::uint16_t code;
  std::uint8_t jump_true;   ///< instructions that are skipped if the comparison holds …
  std::uint8_t jump_false;  ///< … and if it does not
  std::uint32_t k;
};

using BpfProgram = std::span<const BpfInstruction>;

}  // namespace natto
