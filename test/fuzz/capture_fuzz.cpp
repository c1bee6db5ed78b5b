// Any bytes as a capture: reading it ends with an error or with frames, the same ones each time.

#include <cstdint>
#include <string_view>

#include "captures/capture_file.hpp"
#include "fuzz/check.hpp"
#include "fuzz/temporary_file.hpp"

using namespace natto;

namespace {

/// Programs read what is compressed, not natto.
bool is_compressed(std::string_view bytes) {
  for (const std::string_view magic :
       {"\x1f\x8b", "\x28\xb5\x2f\xfd", "\xfd\x37zX", "\x04\x22\x4d\x18"}) {
    if (bytes.starts_with(magic)) {
      return true;
    }
  }
  return false;
}

struct Reading {
  bool ok = false;
  std::uint64_t frames = 0;
  std::uint64_t sum = 0;
  friend bool operator==(const Reading&, const Reading&) = default;
};

Reading read_all(const CaptureFile& capture) {
  Reading reading;
  const auto end = capture.read([&](const CapturedFrame& frame) {
    ++reading.frames;
    FUZZ_CHECK(frame.number >= reading.frames);
    FUZZ_CHECK(frame.bytes.size() <= frame.length);
    for (const std::uint8_t byte : frame.bytes) {
      reading.sum += byte;
    }
    for (const std::string_view comment : frame.comments) {
      reading.sum += comment.size();
    }
    return false;
  });
  reading.ok = end.ok();
  if (end) {
    FUZZ_CHECK(end->packets >= reading.frames);
  } else {
    FUZZ_CHECK(!end.error().message.empty());
  }
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (is_compressed({reinterpret_cast<const char*>(data), size})) {
    return 0;
  }
  const fuzz::TemporaryFile file({data, size});
  const Result<CaptureFile> capture = CaptureFile::open(file.path());
  if (!capture) {
    FUZZ_CHECK(!capture.error().message.empty());
    return 0;
  }
  FUZZ_CHECK(read_all(*capture) == read_all(*capture));
  return 0;
}
