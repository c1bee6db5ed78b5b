#include "proof/table_side.hpp"

#include <fmt/format.h>

#include <string>

#include "captures/capture_file.hpp"
#include "captures/capture_writer.hpp"
#include "captures/temporary_file.hpp"
#include "runtime/replay.hpp"

namespace natto::proof {
namespace {

/// Writes the frames that arrive from `realm` as a capture (pcap).
Status write_capture(const std::filesystem::path& file, const std::string& realm,
                     const std::vector<TestPacket>& packets) {
  Result<CaptureWriter> capture = CaptureWriter::create(file, CaptureFormat::kPcap, realm);
  if (!capture) {
    return capture.error();
  }
  for (const TestPacket& packet : packets) {
    if (packet.realm == realm) {
      capture->write(0, packet.frame, static_cast<std::uint32_t>(packet.frame.size()), {});
    }
  }
  return capture->finish();
}

}  // namespace

Result<Outputs> send_through_table(Config config, const MappingTable& table,
                                   const std::vector<TestPacket>& packets) {
  std::vector<TemporaryFile> inputs;
  std::vector<TemporaryFile> results;
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    PortConfig& port = config.ports[i];
    for (auto* files : {&inputs, &results}) {
      Result<TemporaryFile> made = TemporaryFile::create();
      if (!made) {
        return made.error();
      }
      files->push_back(*std::move(made));
    }
    if (const Status status = write_capture(inputs[i].path(), port.realm, packets); !status) {
      return status.error();
    }
    port.device = fmt::format("net_pcap_{},rx_pcap={},tx_pcap={}", i, inputs[i].path().string(),
                              results[i].path().string());
  }
  {
    const auto replay = Replay::create(config, table);
    if (!replay) {
      return replay.error();
    }
    (*replay)->drain();
    if (const auto received = (*replay)->counters().received; received != packets.size()) {
      return system_error(fmt::format("natto received {} of {} packets", received, packets.size()));
    }
  }  // closing the ports completes the files
  Outputs outputs;
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    const Result<CaptureFile> result = CaptureFile::open(results[i].path());
    if (!result) {
      return result.error();
    }
    const auto read = result->read([&](const CapturedFrame& frame) {
      const auto packet = frame.bytes.subspan(kIpv4Offset);
      outputs[identification_of(packet.data())].push_back(
          {config.ports[i].realm, {packet.begin(), packet.end()}});
      return false;
    });
    if (!read) {
      return read.error();
    }
  }
  return outputs;
}

}  // namespace natto::proof
