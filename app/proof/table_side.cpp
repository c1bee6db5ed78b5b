#include "proof/table_side.hpp"

#include <fmt/format.h>

#include <string>

#include "captures/capture_file.hpp"
#include "captures/capture_writer.hpp"
#include "proof/temporary_folder.hpp"
#include "runtime/replay.hpp"

namespace natto::proof {

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

Result<Outputs> send_through_table(Config config, const MappingTable& table,
                                   const std::vector<TestPacket>& packets) {
  const TemporaryFolder folder;
  std::vector<std::filesystem::path> results;
  for (std::size_t i = 0; i < config.ports.size(); ++i) {
    PortConfig& port = config.ports[i];
    const std::filesystem::path input = folder.path() / fmt::format("in-{}.pcap", i);
    results.push_back(folder.path() / fmt::format("out-{}.pcap", i));
    if (const Status status = write_capture(input, port.realm, packets); !status) {
      return status.error();
    }
    port.device =
        fmt::format("net_pcap_{},rx_pcap={},tx_pcap={}", i, input.string(), results[i].string());
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
    const Result<CaptureFile> result = CaptureFile::open(results[i]);
    if (!result) {
      return result.error();
    }
    const auto read = result->read([&](const CapturedFrame& frame) {
      const auto packet = frame.bytes.subspan(kEthernetBytes);
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
