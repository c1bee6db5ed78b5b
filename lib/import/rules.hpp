#pragma once

// Rules of a packet filter, whichever dialect they were written in: what the parsers of this room
// make and what walk.hpp asks. IPv4 only; addresses and ports are host integers.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"

namespace natto::old_rules {

/// How rules are written.
enum class Dialect : std::uint8_t { kIptables, kNft, kCsv, kTgw };

/// Inclusive.
struct Range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  [[nodiscard]] constexpr bool contains(std::uint32_t value) const noexcept {
    return first <= value && value <= last;
  }
  friend constexpr auto operator<=>(const Range&, const Range&) = default;
};

[[nodiscard]] inline Range range_of(const Ipv4Prefix& prefix) {
  return {prefix.first().host(), prefix.last().host()};
}

/// What connection tracking says of a packet; the values of Field::kState.
enum class State : std::uint8_t { kNew, kEstablished, kRelated, kInvalid, kUntracked };

/// What a match asks of a packet.
enum class Field : std::uint8_t {
  kSource,
  kDestination,
  kInInterface,   ///< `names`; a last `+` or `*` stands for any end
  kOutInterface,  ///< likewise
  kProtocol,
  kSourcePort,       ///< of a protocol that has ports
  kDestinationPort,  ///< likewise
  kState,
  kTcpFlags,  ///< of a range the first is a mask, the last what it must leave
  kIcmpType,
  kTranslated,  ///< 1: the destination, 2: the source has been translated
  kUnknown,     ///< natto cannot tell; `question` says what it asks
};

struct Match {
  Field field = Field::kUnknown;
  bool negated = false;
  std::vector<Range> ranges = {};  ///< any of them
  std::vector<std::string> names = {};
  std::string question = {};
};

/// What becomes of a packet that all matches of a rule fit.
struct Target {
  enum class Kind : std::uint8_t {
    kContinue,  ///< it is counted, logged, marked
    kAccept,
    kDrop,
    kReturn,
    kJump,
    kGoto,
    /// The destination, behind postrouting the source, becomes `to`, or keeps its host bits in it.
    kTranslate,
    kShare,    ///< many get one address, or one of several: masquerade, pools, redirection
    kUntrack,  ///< no connection, so no translation
    kUnknown,
  };
  Kind kind = Kind::kContinue;
  std::uint32_t chain = 0;                           ///< of kJump and kGoto: an index
  Ipv4Prefix to = {};                                ///< of kTranslate, no host bits
  std::optional<std::uint16_t> port = std::nullopt;  ///< of kTranslate: the port becomes this one
  std::string why = {};                              ///< of kShare and kUnknown, for the report
};

struct Rule {
  std::string place;  ///< "line 7", as reports cite it
  std::string text;   ///< as it was written, in one line
  std::string comment = {};
  std::vector<Match> matches = {};
  Target target = {};
  std::string aside = {};  ///< an option without a counterpart in natto, for the report
};

enum class Hook : std::uint8_t { kPrerouting, kForward, kPostrouting };

struct Chain {
  std::string table;
  std::string name;
  std::optional<Hook> hook = std::nullopt;  ///< none: only others jump to it
  int priority = 0;                         ///< lower ones of a hook come first
  bool translates = false;                  ///< of type nat
  bool drops = false;                       ///< its policy
  std::vector<Rule> rules = {};
};

/// A mapping that the input states as such.
struct StatedMapping {
  std::string place;
  std::string name = {};       ///< may be empty
  std::string interface = {};  ///< where the host is; may be empty
  Ipv4Prefix real;
  Ipv4Prefix mapped;
};

/// Of a line that could not be read, or that says something without a counterpart.
struct Remark {
  std::string place;
  std::string text;
};

struct Ruleset {
  Dialect dialect = Dialect::kIptables;
  std::vector<Chain> chains = {};
  std::vector<StatedMapping> mappings = {};
  std::vector<Remark> not_carried = {};
  bool has_filter = false;  ///< some table says what may pass
};

/// `field` is one of `ranges`.
[[nodiscard]] inline Match one_of(Field field, std::vector<Range> ranges, bool negated = false) {
  std::ranges::sort(ranges);
  return {.field = field, .negated = negated, .ranges = std::move(ranges)};
}

[[nodiscard]] inline Match unknown_match(std::string question) {
  return {.field = Field::kUnknown, .question = std::move(question)};
}

}  // namespace natto::old_rules
