#include "dpdk/log.hpp"

#include <rte_log.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/printable.hpp"

namespace natto {
namespace {

RTE_LOG_REGISTER(log_type, natto, INFO)

std::uint32_t dpdk_level(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return RTE_LOG_ERR;
    case LogLevel::kWarning:
      return RTE_LOG_WARNING;
    case LogLevel::kInfo:
      return RTE_LOG_INFO;
  }
  return RTE_LOG_INFO;
}

/// systemd.exec(5): JOURNAL_STREAM is "device:inode" of the journal's socket.
bool journal_reads_standard_error() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  return stream != nullptr && fstat(STDERR_FILENO, &status) == 0 &&
         fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

}  // namespace

void write_log(LogLevel level, std::string_view text) {
  static const bool to_journal = journal_reads_standard_error();
  const std::string line = printable(std::string(text));
  const std::uint32_t dpdk = dpdk_level(level);
  // DPDK counts levels from 1 where syslog(3) and sd-daemon(3) count from 0.
  const std::string priority = to_journal ? fmt::format("<{}>", dpdk - 1) : std::string();
  rte_log(dpdk, static_cast<std::uint32_t>(log_type), "%snatto: %s\n", priority.c_str(),
          line.c_str());
}

void log_lines(LogLevel level, std::string_view text) {
  constexpr std::size_t kMaxLines = 20;
  for (std::size_t at = 0, lines = 0; at < text.size() && lines < kMaxLines; ++lines) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    write_log(level, text.substr(at, end - at));
    at = end + 1;
  }
}

void log_to_standard_error() { rte_openlog_stream(stderr); }

}  // namespace natto
