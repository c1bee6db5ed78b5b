// Any bytes as an audit, and as a history: read to their end, told in printable lines, and never
// taken for a chain that holds if it does not.

#include <cstdint>
#include <string>
#include <string_view>

#include "audit/audit_reader.hpp"
#include "fuzz/check.hpp"
#include "history/period.hpp"

using namespace natto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  ChainReader reader;
  std::uint64_t lines = 0;
  std::uint64_t of_audit = 0;
  for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;
       rest.remove_prefix(end + 1)) {
    const std::string_view line = rest.substr(0, end);
    const auto position = ChainReader::position_of(line);
    reader.take(line);
    ++lines;
    of_audit += position ? 1U : 0U;
    FUZZ_CHECK(!position || *position == reader.newest());
    for (const char c : audit_text(line)) {
      FUZZ_CHECK(c == '\n' || static_cast<unsigned char>(c) >= ' ');
    }
    if (const auto period = parse_period(line)) {
      FUZZ_CHECK(to_line(*parse_period(to_line(*period))) == to_line(*period));
    }
  }
  reader.end(rest);
  FUZZ_CHECK(reader.lines() == lines + (rest.empty() ? 0U : 1U));
  if (reader.findings().empty()) {
    FUZZ_CHECK(rest.empty());
    FUZZ_CHECK(reader.newest().sequence + reader.notes().size() >= of_audit);
  }
  for (const ChainFinding& finding : reader.findings()) {
    FUZZ_CHECK(finding.line >= 1 && finding.line <= reader.lines() && !finding.what.empty());
  }
  return 0;
}
