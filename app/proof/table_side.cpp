#include "proof/table_side.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <memory>
#include <string>

#include "capture.hpp"
#include "proof/temporary_folder.hpp"
#include "runtime/replay.hpp"

namespace natto::proof {
namespace {

constexpr int kSnapLength = 65535;

struct CloseCapture {
  void operator()(pcap_t* capture) const noexcept { pcap_close(capture); }
  void operator()(pcap_dumper_t* file) const noexcept { pcap_dump_close(file); }
};

}  // namespace

Status write_capture(const std::filesystem::path& file, const std::string& realm,
                     const std::vector<TestPacket>& packets) {
  const std::unique_ptr<pcap_t, CloseCapture> capture(pcap_open_dead(DLT_EN10MB, kSnapLength));
  const std::unique_ptr<pcap_dumper_t, CloseCapture> dump(
      capture ? pcap_dump_open(capture.get(), file.c_str()) : nullptr);
  for (const TestPacket& packet : packets) {
    if (dump && packet.realm == realm) {
      pcap_pkthdr header{};
      header.caplen = header.len = static_cast<bpf_u_int32>(packet.frame.size());
      pcap_dump(reinterpret_cast<u_char*>(dump.get()), &header, packet.frame.data());
    }
  }
  return dump && pcap_dump_flush(dump.get()) == 0
             ? Status(Done{})
             : Status(system_error("cannot write " + file.string()));
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
    const auto read = read_frames(results[i], [&](const CapturedFrame& frame) {
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
