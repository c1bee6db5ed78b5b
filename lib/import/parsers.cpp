#include "import/parsers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>

namespace natto::old_rules {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

std::optional<Dialect> guess_dialect(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return std::nullopt;
  }
  if (text[first] == '{' || text[first] == '[') {
    if (has(text, "\"nftables\"")) {
      return Dialect::kNft;
    }
    return has(text, "NatCidr") || has(text, "NatGatewayRule") ? std::optional(Dialect::kTgw)
                                                               : std::nullopt;
  }
  for (const std::string_view sign : {"-A ", "-P ", "iptables", "*nat", "*filter", "--append"}) {
    if (has(text, sign)) {
      return Dialect::kIptables;
    }
  }
  std::string header(text.substr(first, text.find('\n', first) - first));
  std::ranges::transform(header, header.begin(), [](unsigned char c) { return std::tolower(c); });
  return has(header, "real") && has(header, "mapped") ? std::optional(Dialect::kCsv) : std::nullopt;
}

bool nests_too_deep(std::string_view json) noexcept {
  constexpr int kDeepest = 64;
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      i += c == '\\' ? 1U : 0U;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepest) {
        return true;
      }
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

Result<Ruleset> read_rules(std::string_view text, std::optional<Dialect> dialect) {
  if (text.size() > kMostBytes) {
    return input_error(
        fmt::format("the input has {} bytes; at most {} are read", text.size(), kMostBytes));
  }
  dialect = dialect ? dialect : guess_dialect(text);
  if (!dialect) {
    return input_error(
        "these are no rules that natto knows; say what they are: --from iptables|nft|csv|tgw.\n"
        "It takes iptables-save, iptables -S, scripts of iptables commands, nft -j list ruleset, "
        "CSV\n"
        "with the columns real and mapped, and the NAT configuration of a Transit Gateway's "
        "attachment");
  }
  const bool is_json = *dialect == Dialect::kNft || *dialect == Dialect::kTgw;
  if (is_json && nests_too_deep(text)) {
    return input_error("the JSON nests deeper than rules do");
  }
  switch (*dialect) {
    case Dialect::kIptables:
      return read_iptables(text);
    case Dialect::kNft:
      return read_nft(text);
    case Dialect::kCsv:
      return read_csv(text);
    case Dialect::kTgw:
      return read_tgw(text);
  }
  return input_error("no such dialect");
}

}  // namespace natto::old_rules
