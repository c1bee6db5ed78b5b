#include "capture_output.hpp"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <fstream>
#include <memory>
#include <tuple>
#include <vector>

#include "api/temporary_folder.hpp"
#include "base/hex.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::TemporaryFolder;

/// What libpcap reads of a file: bytes, nanoseconds and length of each packet.
std::vector<std::tuple<Bytes, std::uint64_t, std::uint32_t>> read(
    const std::filesystem::path& file) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  pcap_t* const pcap = pcap_open_offline_with_tstamp_precision(
      file.c_str(), PCAP_TSTAMP_PRECISION_NANO, error.data());
  if (pcap == nullptr) {
    ADD_FAILURE() << error.data();
    return {};
  }
  EXPECT_EQ(pcap_datalink(pcap), DLT_EN10MB);
  std::vector<std::tuple<Bytes, std::uint64_t, std::uint32_t>> packets;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(pcap, &header, &data)) == 1) {
    packets.emplace_back(Bytes(data, data + header->caplen),
                         static_cast<std::uint64_t>(header->ts.tv_sec) * 1'000'000'000 +
                             static_cast<std::uint64_t>(header->ts.tv_usec),
                         header->len);
  }
  EXPECT_EQ(result, PCAP_ERROR_BREAK) << pcap_geterr(pcap);
  pcap_close(pcap);
  return packets;
}

api::CapturedReport packet(std::uint64_t id, std::size_t bytes) {
  const Bytes in(bytes, static_cast<std::uint8_t>(id));
  const Bytes out(bytes + 1, static_cast<std::uint8_t>(0x80 + id));
  api::CapturedReport packet;
  packet.id = id;
  packet.at_ns = 1'700'000'000'123'456'000 + id;
  packet.fate = "sent";
  packet.in_realm = "company-a";
  packet.in_length = in.size();
  packet.in_frame = to_hex(in);
  packet.out_realm = "company-b";
  packet.out_length = out.size() + 100;  // cut
  packet.out_frame = to_hex(out);
  return packet;
}

TEST(CaptureFiles, LibpcapReadsEachPacketAsItCameAndAsItLeaves) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "all.pcapng";
  {
    const auto files = CaptureFiles::open({.file = file, .snaplen = 200}).value();
    for (std::uint64_t id = 1; id <= 5; ++id) {
      files->take(packet(id, 60 + id));  // every remainder of 4
    }
    api::CapturedReport dropped = packet(6, 70);
    dropped.out_realm = dropped.out_frame = "";
    files->take(dropped);
    ASSERT_TRUE(files->flush().ok());
  }
  const auto packets = read(file);
  ASSERT_EQ(packets.size(), 11U);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto& [in, in_ns, in_length] = packets[2 * i];
    const auto& [out, out_ns, out_length] = packets[2 * i + 1];
    EXPECT_EQ(in, Bytes(61 + i, static_cast<std::uint8_t>(i + 1)));
    EXPECT_EQ(out, Bytes(62 + i, static_cast<std::uint8_t>(0x81 + i)));
    EXPECT_EQ(in_ns, 1'700'000'000'123'456'001 + i);
    EXPECT_EQ(out_ns, in_ns);
    EXPECT_EQ(in_length, in.size());
    EXPECT_EQ(out_length, out.size() + 100);
  }
}

TEST(CaptureFiles, AFileIsFollowedByTheNextAndARingBeginsAnew) {
  const TemporaryFolder folder;
  const auto name = folder.path() / "ring";
  const auto files =
      CaptureFiles::open({.file = name, .snaplen = 200, .bytes = 400, .files = 2}).value();
  for (std::uint64_t id = 1; id <= 5; ++id) {
    files->take(packet(id, 60));
    files->take(packet(id, 60));
    ASSERT_TRUE(files->flush().ok());
  }
  const auto last = read(name.string() + "0");
  ASSERT_EQ(last.size(), 4U);  // the fifth
  EXPECT_EQ(std::get<0>(last[0])[0], 5);
  EXPECT_EQ(std::get<0>(read(name.string() + "1").at(0))[0], 4);
  EXPECT_FALSE(std::filesystem::exists(name.string() + "2"));
}

TEST(CaptureFiles, AreNamedAsTcpdumpNamesThem) {
  const auto name = [](std::uint64_t files, std::uint64_t index) {
    return CaptureFiles::name({.file = "x", .snaplen = 1, .bytes = 1, .files = files}, index);
  };
  EXPECT_EQ(name(0, 0), "x");
  EXPECT_EQ(name(0, 12), "x12");
  EXPECT_EQ(name(11, 3), "x03");
  EXPECT_EQ(name(11, 12), "x01");
}

TEST(CaptureFiles, SayWhyTheyCannotBeWritten) {
  const auto files = CaptureFiles::open({.file = "/nowhere/x", .snaplen = 1});
  ASSERT_FALSE(files.ok());
  EXPECT_EQ(files.error().message, "cannot write /nowhere/x: No such file or directory");
}

}  // namespace
}  // namespace natto
