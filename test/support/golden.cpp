#include "support/golden.hpp"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <memory>

namespace natto::test {
namespace {

std::vector<Bytes> read_frames(const std::filesystem::path& file) {
  char error[PCAP_ERRBUF_SIZE];
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(
      pcap_open_offline(file.c_str(), error), &pcap_close);
  EXPECT_NE(capture, nullptr) << file;
  std::vector<Bytes> frames;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  while (capture != nullptr && pcap_next_ex(capture.get(), &header, &bytes) == 1) {
    frames.emplace_back(bytes, bytes + header->caplen);
  }
  return frames;
}

}  // namespace

std::vector<Golden> all_goldens() {
  std::vector<Golden> goldens;
  for (const auto& entry :
       std::filesystem::directory_iterator(NATTO_SOURCE_FOLDER "/test/golden")) {
    if (!std::filesystem::exists(entry.path() / "natto.toml")) {
      continue;
    }
    Golden golden{.name = entry.path().filename(),
                  .folder = entry.path(),
                  .appliance = load_appliance(entry.path() / "natto.toml").value(),
                  .arrivals = {}};
    const Config& config = golden.appliance.config;
    for (RealmId realm = 0; realm < config.ports.size(); ++realm) {
      const auto capture = entry.path() / ("in-" + config.ports[realm].realm + ".pcap");
      if (std::filesystem::exists(capture)) {
        for (Bytes& frame : read_frames(capture)) {
          golden.arrivals.push_back({realm, std::move(frame)});
        }
      }
    }
    goldens.push_back(std::move(golden));
  }
  return goldens;
}

}  // namespace natto::test
