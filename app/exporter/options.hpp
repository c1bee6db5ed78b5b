#pragma once

// The options of natto exporter, and of the program natto-exporter that it runs.

#include <CLI/CLI.hpp>
#include <string>

#include "running_natto.hpp"

namespace natto {

struct ExporterOptions {
  RunningNatto natto;
  std::string listen = "[::1]:9560";
  std::string mappings = "none";
};

inline void add_exporter_options(CLI::App& command, ExporterOptions& options) {
  command.footer(
      "Serves /metrics for Prometheus, and a page on natto at /. It asks natto's socket, as a "
      "member\n"
      "of [api] group of natto.toml, and needs no other right. A natto that does not run is no "
      "error:\n"
      "natto_up is 0 then. doc/metrics.md lists the series.\n"
      "Example: natto exporter --listen 127.0.0.1:9560 --mappings a-app,b-orders");
  command.add_option("--listen", options.listen, "where to answer")
      ->type_name("ADDRESS:PORT|unix:PATH")
      ->capture_default_str();
  command
      .add_option("--mappings", options.mappings,
                  "mappings that have series of their own: all, none, or those of names, "
                  "addresses and prefixes with commas between. Each has six series")
      ->type_name("all|NAMES|none")
      ->capture_default_str();
  add_running_natto_options(command, options.natto);
}

}  // namespace natto
