// Runs every property as a test: on the inputs of the fuzz corpora, on the packets of the goldens
// and on 100,000 random frames. Values that are no frame are random, small numbers more often than
// others.
//
// proof_tests --replay=PROPERTY,SIZE FOLDER: on what KLEE found instead: the files 0, 1, …
// of FOLDER, one for each value in the order that the property chooses them in.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "packet/parse.hpp"
#include "proof/proof.hpp"
#include "support/golden.hpp"

namespace natto::proof {
namespace {

using test::Bytes;

constexpr std::size_t kRandomFrames = 100'000;

std::vector<std::pair<std::string, Property>>& properties() {
  static std::vector<std::pair<std::string, Property>> all;
  return all;
}

/// Where the values of the property that runs come from.
struct Source {
  Bytes frame;
  std::filesystem::path folder;  ///< if not empty, from there: a file each, in the order of choice
  std::size_t chosen = 0;
  std::mt19937_64 random{1};  // NOLINT(cert-msc51-cpp): the same on every run
};
Source source;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void run(const std::pair<std::string, Property>& property, const Bytes& frame) {
  source.frame = frame;
  property.second(std::min(frame.size(), kHeadBytes));
}

Bytes content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::vector<char> content(std::istreambuf_iterator<char>(stream), {});
  return {content.begin(), content.end()};
}

std::vector<Bytes> known_frames() {
  std::vector<Bytes> frames;
  for (const char* corpus : {"parse", "icmp_error", "translate"}) {
    for (const auto& file : std::filesystem::directory_iterator(
             std::filesystem::path(NATTO_SOURCE_FOLDER "/test/fuzz/corpus") / corpus)) {
      frames.push_back(content_of(file.path()));
    }
  }
  for (const test::Golden& golden : test::all_goldens()) {
    for (const test::Golden::Arrival& arrival : golden.arrivals) {
      frames.push_back(arrival.frame);
    }
  }
  return frames;
}

/// A frame of any bytes, which begins most often as one of IPv4 does.
Bytes random_frame(std::mt19937_64& random) {
  constexpr std::uint8_t kProtocols[] = {1, 1, 6, 17, 33, 47, 51, 132, 136};
  Bytes frame(random() % (kHeadBytes + 40));
  std::ranges::generate(frame, [&] { return static_cast<std::uint8_t>(random()); });
  if (frame.size() < 34 || random() % 8 == 0) {
    return frame;
  }
  frame[0] &= 0xfeU;
  frame[6] &= 0xfeU;
  frame[12] = 8;
  frame[13] = 0;
  frame[14] = static_cast<std::uint8_t>(0x40 | (random() % 2 == 0 ? 5 : random() % 16));
  frame[16] = 0;
  frame[17] = static_cast<std::uint8_t>(frame.size() - 14 - random() % 2);
  if (random() % 4 != 0) {
    frame[20] = static_cast<std::uint8_t>(random() % 2 * 0x40);
    frame[21] = 0;
  }
  frame[23] = kProtocols[random() % std::size(kProtocols)];
  const std::size_t transport = 14 + (frame[14] & 0x0fU) * 4U;
  if (frame[23] == 1 && frame.size() > transport + 28) {  // an ICMP error
    constexpr std::uint8_t kTypes[] = {3, 11, 12, 8, 0};
    frame[transport] = kTypes[random() % std::size(kTypes)];
    frame[transport + 5] = static_cast<std::uint8_t>(random() % 16);
    const std::size_t quote = transport + 8;
    frame[quote] = static_cast<std::uint8_t>(0x40 | (random() % 2 == 0 ? 5 : random() % 16));
    frame[quote + 9] = kProtocols[random() % std::size(kProtocols)];
    std::copy_n(frame.begin() + 30, 4, frame.begin() + static_cast<long>(quote) + 12);
  } else if (frame[23] == 17 && frame.size() > transport + 8) {
    frame[transport + 4] = 0;
  }
  return frame;
}

class Proof : public testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] const auto& property() const { return properties()[GetParam()]; }
};

TEST_P(Proof, HoldsForKnownFrames) {
  static const std::vector<Bytes> frames = known_frames();
  EXPECT_GT(frames.size(), 1000U);
  for (const Bytes& frame : frames) {
    run(property(), frame);
  }
}

TEST_P(Proof, HoldsForRandomFrames) {
  std::mt19937_64 random(2);  // NOLINT(cert-msc51-cpp): the same on every run
  for (std::size_t i = 0; i < kRandomFrames; ++i) {
    run(property(), random_frame(random));
  }
}

std::vector<std::size_t> indices() {
  std::vector<std::size_t> all(properties().size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Properties, Proof, testing::ValuesIn(indices()),
                         [](const auto& of) { return properties()[of.param].first; });

int replay(const std::string& of, const std::filesystem::path& folder) {
  const std::size_t comma = of.find(',');
  for (const auto& [name, property] : properties()) {
    if (comma != std::string::npos && name == of.substr(0, comma)) {
      source.folder = folder;
      property(std::stoul(of.substr(comma + 1)));
      std::printf("%s holds\n", name.c_str());
      return 0;
    }
  }
  std::fprintf(stderr, "no such property: %s; try --gtest_list_tests\n", of.c_str());
  return 2;
}

}  // namespace

Registration::Registration(const char* name, Property property) {
  properties().emplace_back(name, property);
}

void choose(void* object, std::size_t bytes, const char* name) {
  auto* const to = static_cast<std::uint8_t*>(object);
  const Bytes* from = nullptr;
  Bytes found;
  if (!source.folder.empty()) {
    found = content_of(source.folder / std::to_string(source.chosen++));
    from = &found;
  } else if (std::string_view(name) == "frame") {
    from = &source.frame;
  } else if (std::string_view(name) == "length") {
    const auto length = static_cast<std::uint32_t>(source.frame.size());
    std::memcpy(object, &length, std::min(bytes, sizeof(length)));
    return;
  }
  const std::size_t given = from == nullptr ? 0 : std::min(bytes, from->size());
  if (from != nullptr) {
    std::copy_n(from->begin(), given, to);
  }
  for (std::size_t i = given; i < bytes; ++i) {
    to[i] = static_cast<std::uint8_t>(source.random());
  }
  if (from == nullptr && source.random() % 4 == 0) {
    std::memset(to, 0, bytes);
    to[0] = static_cast<std::uint8_t>(source.random() % 4);
  }
}

void refute(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: refuted: %s\n", file, line, condition);
  std::abort();
}

}  // namespace natto::proof

int main(int argc, char** argv) {
  constexpr std::string_view kReplay = "--replay=";
  if (argc == 3 && std::string_view(argv[1]).starts_with(kReplay)) {
    return natto::proof::replay(argv[1] + kReplay.size(), argv[2]);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
