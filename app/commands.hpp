#pragma once

// natto's subcommands. Each returns what the program prints, or why it failed.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace natto {

/// "company-a=capture.pcap"
struct RealmFile {
  std::string realm;
  std::filesystem::path file;
};

/// `natto check`: a line about what the files say.
[[nodiscard]] Result<std::string> check(const std::filesystem::path& config_file);

struct ReplayArguments {
  std::filesystem::path config_file;
  std::vector<RealmFile> inputs;
  std::vector<RealmFile> outputs;
  bool json = false;
};

/// `natto replay`: the summary, once every packet of every input is done.
[[nodiscard]] Result<std::string> replay(const ReplayArguments& arguments);

struct RunArguments {
  std::filesystem::path config_file;
  bool json = false;
};

/// `natto run`: the summary, after SIGINT or SIGTERM.
[[nodiscard]] Result<std::string> run(const RunArguments& arguments);

struct BenchArguments {
  std::filesystem::path config_file;
  double seconds = 10;
  double stats_period_seconds = 0;  ///< 0: no lines in between
  double warm_up_seconds = 0.5;     ///< not measured
  bool json = false;
};

/// `natto bench`: packets per second and cycles per packet, as testpmd measures them.
[[nodiscard]] Result<std::string> bench(const BenchArguments& arguments);

}  // namespace natto
