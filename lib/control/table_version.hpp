#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "config/model.hpp"
#include "dataplane/generation.hpp"

namespace natto {

/// One version of the mapping table, with what is known of it. Immutable.
struct TableVersion {
  std::uint64_t number;  ///< the first is 1
  std::shared_ptr<const MappingTable> table;
  std::shared_ptr<const Generation> generation;
  std::string digest;   ///< see table_digest
  std::string trigger;  ///< what made natto load it
  std::string who;      ///< the user and process that asked; may be empty
  std::chrono::system_clock::time_point loaded;
};

}  // namespace natto
