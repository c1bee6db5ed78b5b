#include "capture/necessary.hpp"

#include <linux/filter.h>

#include <algorithm>
#include <bit>
#include <optional>

namespace natto {
namespace {

constexpr std::uint32_t kTypeAt = 12;
constexpr std::uint32_t kIpAt = 14;
constexpr std::uint32_t kIpHeader = 20;
/// More comparisons than this cost as much as the filter.
constexpr std::size_t kMostTests = 8;

/// Bytes of a frame, and the bits of them that are looked at.
struct Field {
  std::uint32_t offset;
  std::uint32_t size;
  std::uint32_t mask;
  friend bool operator==(const Field&, const Field&) = default;
};

/// What is known of the machine before an instruction.
struct State {
  std::optional<Field> field = {};             ///< in the accumulator …
  std::optional<std::uint32_t> constant = {};  ///< … or this
  std::optional<std::uint32_t> index = {};     ///< in the index register
};

/// From an instruction to a later one. With a test: only if that holds.
struct Edge {
  std::size_t from;
  std::size_t to;
  std::optional<FieldTest> test;
};

/// What a program may do with a frame that is_quick.
struct Graph {
  std::vector<Edge> edges;             ///< by their beginnings
  std::vector<std::size_t> accepting;  ///< instructions with which the filter matches
  bool sees_translation = false;
};

bool stays_in_translation(std::uint32_t offset, std::uint32_t size) {
  const auto within = [&](std::uint32_t begin, std::uint32_t end) {
    return begin <= offset && offset + size <= end;
  };
  // Type to fragment offset; protocol; ports; TCP's header length and flags.
  return within(kTypeAt, 22) || within(23, 24) || within(34, 38) || within(46, 48);
}

/// Follows a program, whose jumps only go forward, once from its begin to its end.
class Walk {
 public:
  explicit Walk(BpfProgram program) : program_(program), before_(program.size()) {
    before_[0] = State{};
    for (at_ = 0; at_ < program_.size(); ++at_) {
      if (before_[at_]) {  // else no such frame gets there
        step(program_[at_], *before_[at_]);
      }
    }
  }

  [[nodiscard]] Graph graph() && { return std::move(graph_); }

 private:
  void step(const BpfInstruction& instruction, State state) {
    switch (BPF_CLASS(instruction.code)) {
      case BPF_RET:
        if (BPF_RVAL(instruction.code) != BPF_K || instruction.k != 0) {
          graph_.accepting.push_back(at_);
        }
        return;
      case BPF_JMP:
        return jump(instruction, state);
      case BPF_LD:
        load(instruction, state);
        break;
      case BPF_LDX:
        load_index(instruction, state);
        break;
      case BPF_ALU:
        calculate(instruction, state);
        break;
      case BPF_MISC:
        if (BPF_MISCOP(instruction.code) == BPF_TAX) {
          state.index = state.constant;
        } else {
          state.field.reset();
          state.constant = state.index;
        }
        break;
      default:  // stores, of which no load knows anything
        break;
    }
    go(at_ + 1, state, std::nullopt);
  }

  void load(const BpfInstruction& instruction, State& state) {
    const std::uint32_t size = BPF_SIZE(instruction.code) == BPF_W   ? 4
                               : BPF_SIZE(instruction.code) == BPF_H ? 2
                                                                     : 1;
    state.field.reset();
    state.constant.reset();
    switch (BPF_MODE(instruction.code)) {
      case BPF_IMM:
        state.constant = instruction.k;
        return;
      case BPF_ABS:
        return load_from(instruction.k, size, state);
      case BPF_IND:
        if (state.index && *state.index < kQuickBytes && instruction.k < kQuickBytes) {
          return load_from(*state.index + instruction.k, size, state);
        }
        break;
      default:  // the packet's length, or memory
        break;
    }
    graph_.sees_translation = true;
  }

  void load_from(std::uint32_t offset, std::uint32_t size, State& state) {
    graph_.sees_translation = graph_.sees_translation || !stays_in_translation(offset, size);
    if (offset == kTypeAt && size == 2) {
      state.constant = 0x0800;
    } else if (offset == kIpAt && size == 1) {
      state.constant = 0x45;
    } else if (offset <= kQuickBytes - sizeof(std::uint32_t)) {
      state.field = Field{.offset = offset, .size = size, .mask = UINT32_MAX >> (32 - 8 * size)};
    }
  }

  static void load_index(const BpfInstruction& instruction, State& state) {
    state.index.reset();
    if (BPF_MODE(instruction.code) == BPF_IMM) {
      state.index = instruction.k;
    } else if (BPF_MODE(instruction.code) == BPF_MSH && instruction.k == kIpAt) {
      state.index = kIpHeader;
    }
  }

  static void calculate(const BpfInstruction& instruction, State& state) {
    const bool masks = BPF_OP(instruction.code) == BPF_AND && BPF_SRC(instruction.code) == BPF_K;
    if (masks && state.field) {
      state.field->mask &= instruction.k;
    } else if (masks && state.constant) {
      *state.constant &= instruction.k;
    } else {
      state.field.reset();
      state.constant.reset();
    }
  }

  void jump(const BpfInstruction& instruction, const State& state) {
    if (BPF_OP(instruction.code) == BPF_JA) {
      return go(at_ + 1 + instruction.k, state, std::nullopt);
    }
    const std::size_t if_true = at_ + 1 + instruction.jump_true;
    const std::size_t if_false = at_ + 1 + instruction.jump_false;
    const bool with_constant = BPF_SRC(instruction.code) == BPF_K;
    if (with_constant && state.constant) {
      return go(holds(instruction, *state.constant) ? if_true : if_false, state, std::nullopt);
    }
    if (with_constant && state.field && BPF_OP(instruction.code) == BPF_JEQ) {
      const Field& field = *state.field;
      if ((instruction.k & ~field.mask) == 0) {
        go(if_true, state, field_test(field.offset, field.size, field.mask, instruction.k));
      }
      return go(if_false, state, std::nullopt);
    }
    go(if_true, state, std::nullopt);
    go(if_false, state, std::nullopt);
  }

  static bool holds(const BpfInstruction& instruction, std::uint32_t value) {
    switch (BPF_OP(instruction.code)) {
      case BPF_JEQ:
        return value == instruction.k;
      case BPF_JGT:
        return value > instruction.k;
      case BPF_JGE:
        return value >= instruction.k;
      default:
        return (value & instruction.k) != 0;
    }
  }

  void go(std::size_t to, const State& state, const std::optional<FieldTest>& test) {
    graph_.edges.push_back({.from = at_, .to = to, .test = test});
    std::optional<State>& known = before_[to];
    if (!known) {
      known = state;
      return;
    }
    const auto keep_equal = [](auto& ours, const auto& theirs) {
      if (ours != theirs) {
        ours.reset();
      }
    };
    keep_equal(known->field, state.field);
    keep_equal(known->constant, state.constant);
    keep_equal(known->index, state.index);
  }

  BpfProgram program_;
  std::vector<std::optional<State>> before_;  ///< by instruction; none: not reached
  std::size_t at_ = 0;
  Graph graph_;
};

/// Fields of which a filter often needs one to have some value.
struct Group {
  std::uint32_t begin;
  std::uint32_t end;  ///< behind it

  [[nodiscard]] bool has(const std::optional<FieldTest>& test) const {
    return test && test->offset >= begin && test->offset < end;
  }
};
constexpr std::array kGroups = {Group{26, 34},   // addresses
                                Group{34, 38},   // ports
                                Group{23, 24}};  // protocol

/// Whether a frame is accepted of which no test of `group` holds.
bool accepts_without(const Group& group, const Graph& graph, std::size_t size) {
  std::vector<bool> reached(size);
  reached[0] = true;
  for (const Edge& edge : graph.edges) {
    if (reached[edge.from] && !group.has(edge.test)) {
      reached[edge.to] = true;
    }
  }
  return std::ranges::any_of(graph.accepting, [&](std::size_t at) { return reached[at]; });
}

}  // namespace

FieldTest field_test(std::uint32_t offset, std::uint32_t size, std::uint32_t mask,
                     std::uint32_t value) noexcept {
  const std::uint32_t shift = 32 - 8 * size;
  const auto as_loaded = [shift](std::uint32_t number) {
    const std::uint32_t big = number << shift;
    return std::endian::native == std::endian::little ? __builtin_bswap32(big) : big;
  };
  return {.mask_raw = as_loaded(mask), .value_raw = as_loaded(value), .offset = offset};
}

NecessaryConditions necessary_conditions(BpfProgram program) {
  if (program.empty()) {
    return {.all_of = {}, .sees_translation = false};  // everything matches
  }
  const Graph graph = Walk(program).graph();
  NecessaryConditions conditions{.all_of = {}, .sees_translation = graph.sees_translation};
  for (const Group& group : kGroups) {
    std::vector<FieldTest> tests;
    for (const Edge& edge : graph.edges) {
      if (group.has(edge.test) && std::ranges::find(tests, *edge.test) == tests.end()) {
        tests.push_back(*edge.test);
      }
    }
    if (tests.size() <= kMostTests && !accepts_without(group, graph, program.size())) {
      conditions.all_of.push_back(std::move(tests));
    }
  }
  return conditions;
}

}  // namespace natto
