// Any bytes as frames of a capture that natto inspect searches, in buffers of exactly their size:
// nothing outside is read, every finding is of a frame that is there, and pieces of a text hold
// what the whole of it does.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/check.hpp"
#include "inspect/findings.hpp"
#include "inspect/payload_search.hpp"
#include "inspect/text_stream.hpp"

using namespace natto;

namespace {

std::vector<Mapping> two_mappings() {
  const auto mapping = [](const char* name, const char* real, const char* mapped) {
    return Mapping{.name = name,
                   .realm = 0,
                   .real = parse_ipv4_prefix(real).value(),
                   .mapped = parse_ipv4_prefix(mapped).value()};
  };
  return {mapping("a", "10.32.0.0/16", "10.33.0.0/16"),
          mapping("b", "10.34.0.0/16", "10.35.0.0/16")};
}

/// The first byte of each says how long it is.
void search_frames(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Mapping> mappings = two_mappings();
  Border border(mappings, {"middle"});
  AddressFindings findings(border);
  std::uint64_t frames = 0;
  const auto take = [&](const Sighting& sighting) {
    FUZZ_CHECK(sighting.frame >= 1 && sighting.frame <= frames);
    findings.add(sighting, {});
  };
  PayloadSearch search(border, take, 4);  // so that streams displace each other
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
    const std::vector<std::uint8_t> frame(data + at + 1, data + at + 1 + length);
    ++frames;
    search.look(frames, frame, "");
    at += 1 + length;
  }
  search.finish();
  FUZZ_CHECK(search.between_mappings() <= frames);
  for (const auto& [key, finding] : findings.sorted()) {
    FUZZ_CHECK(finding.frame >= 1 && finding.frame <= frames);
    FUZZ_CHECK(finding.packets >= 1 && finding.packets <= frames);
  }
}

void search_pieces(std::string_view text) {
  if (text.empty()) {
    return;
  }
  std::vector<Ipv4Address> whole;
  text_search::for_each(text, [&](const text_search::Match& match) {
    FUZZ_CHECK(match.begin < match.end && match.end <= text.size());
    FUZZ_CHECK(match.end - match.begin <= text_search::kLongestBytes);
    whole.push_back(match.address);
  });
  std::vector<Ipv4Address> pieces;
  const auto take = [&](Ipv4Address address) { pieces.push_back(address); };
  TextStream stream;
  std::string joined;
  const std::size_t step = 1 + static_cast<std::uint8_t>(text[0]) % 40U;
  for (std::size_t at = 0; at < text.size(); at += step) {
    stream.next(text.substr(at, step), joined, take, take);
  }
  if (const auto last = stream.open()) {
    take(*last);
  }
  FUZZ_CHECK(whole == pieces);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  search_frames(data, size);
  search_pieces({reinterpret_cast<const char*>(data), size});
  return 0;
}
