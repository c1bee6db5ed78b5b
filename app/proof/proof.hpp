#pragma once

// The same random packets through old rules and through a table: what the kernel forwards with the
// one, and natto with the other.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/result.hpp"
#include "config/model.hpp"
#include "import/rules.hpp"
#include "table/mapping.hpp"

namespace natto::proof {

struct Request {
  const std::string& text;          ///< the rules as they were written
  const old_rules::Ruleset& rules;  ///< and as they were read
  const Config& config;             ///< its realms; their ports may lack the rest
  const MappingTable& table;
  std::map<std::string, std::string> interfaces;  ///< realm -> interface of the rules
  std::uint32_t packets;                          ///< at most kMostPackets
  std::uint64_t seed;
  std::filesystem::path differing;  ///< a capture of the packets that differ; empty: none
};

/// Each has an identification of its own.
inline constexpr std::uint32_t kMostPackets = 60'000;

struct Outcome {
  std::string text;
  bool differs;
};

/// Main thread, once per process. Errors of kind kInput: these rules or this table cannot be tried.
[[nodiscard]] Result<Outcome> prove(const Request& request);

}  // namespace natto::proof
