// Any bytes as a line of natto's socket: a request that survives the way through text, or an error
// that says so.

#include <cstdint>
#include <string_view>

#include "api/messages.hpp"
#include "fuzz/check.hpp"

using namespace natto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<api::Request> request =
      api::parse_request({reinterpret_cast<const char*>(data), size});
  if (!request) {
    FUZZ_CHECK(request.error().kind == ErrorKind::kUsage);
    FUZZ_CHECK(!request.error().message.empty());
    return 0;
  }
  const std::string line = api::to_line(*request);
  FUZZ_CHECK(line.find('\n') == std::string::npos);
  const Result<api::Request> again = api::parse_request(line);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->index() == request->index());
  FUZZ_CHECK(api::to_line(*again) == line);
  return 0;
}
