#include "inspect/payload_search.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "inspect/applications.hpp"
#include "inspect/findings.hpp"
#include "inspect/tables.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;

constexpr const char* kA = "10.32.1.157";
constexpr const char* kAMapped = "10.33.1.145";
constexpr const char* kB = "10.34.1.125";
constexpr const char* kBMapped = "10.33.1.151";

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

struct Tcp {
  const char* source = kB;
  const char* destination = kAMapped;
  std::uint16_t source_port = 7000;
  std::uint16_t destination_port = 40'000;
  std::uint32_t sequence = 1000;
  std::uint8_t flags = 0x18;
};

Bytes tcp_frame(const Tcp& tcp, std::string_view text) {
  test::PacketSpec spec{
      .source = tcp.source, .destination = tcp.destination, .protocol = 6, .payload = Bytes(20)};
  test::write16(spec.payload, 0, tcp.source_port);
  test::write16(spec.payload, 2, tcp.destination_port);
  test::write16(spec.payload, 4, static_cast<std::uint16_t>(tcp.sequence >> 16U));
  test::write16(spec.payload, 6, static_cast<std::uint16_t>(tcp.sequence));
  spec.payload[12] = 0x50;
  spec.payload[13] = tcp.flags;
  const Bytes data = bytes_of(text);
  spec.payload.insert(spec.payload.end(), data.begin(), data.end());
  return test::frame_of(test::make_packet(spec));
}

/// What natto inspect finds in frames, without Wireshark's fields.
class Inspect : public testing::Test {
 protected:
  void look(const Bytes& frame) { search_.look(++frames_, frame, ""); }
  /// "frame 1: 10.34.1.125 x 2", of each finding.
  std::vector<std::string> found() {
    search_.finish();
    std::vector<std::string> all;
    for (const auto& [key, finding] : findings_.sorted()) {
      all.push_back("frame " + std::to_string(finding.frame) + ": " + to_string(key.address) +
                    " x " + std::to_string(finding.packets));
    }
    return all;
  }
  std::uint64_t sealed(Sealed kind) const {
    return search_.sealed()[static_cast<std::size_t>(kind)];
  }
  std::uint64_t all_sealed() const {
    return std::accumulate(search_.sealed().begin(), search_.sealed().end(), std::uint64_t{0});
  }

  const std::vector<Mapping> mappings_ = test::one_arm();
  Border border_{mappings_, {"middle"}};
  AddressFindings findings_{border_};
  PayloadSearch search_{border_, [this](const Sighting& s) { findings_.add(s, {}); }};
  std::uint64_t frames_ = 0;
};

using Strings = std::vector<std::string>;

TEST_F(Inspect, FindsAnAddressInASegment) {
  look(tcp_frame({}, "-MOVED 1 10.34.1.125:7000\r\n"));
  EXPECT_EQ(found(), Strings{"frame 1: 10.34.1.125 x 1"});
  EXPECT_EQ(search_.between_mappings(), 1U);
}

TEST_F(Inspect, FindsNothingBetweenOthers) {
  look(tcp_frame({.source = "192.0.2.1"}, "10.34.1.125 "));
  look(tcp_frame({.destination = "10.34.1.126"}, "10.34.1.125 "));
  EXPECT_EQ(found(), Strings());
  EXPECT_EQ(search_.between_mappings(), 0U);
}

TEST_F(Inspect, FindsAnAddressThatASegmentsEndSplitsAnywhere) {
  const std::string text = "x 10.34.1.125 y";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    const auto port = static_cast<std::uint16_t>(40'000 + cut);
    look(tcp_frame({.destination_port = port}, text.substr(0, cut)));
    look(tcp_frame({.destination_port = port, .sequence = 1000 + static_cast<std::uint32_t>(cut)},
                   text.substr(cut)));
  }
  EXPECT_EQ(found(), Strings{"frame 2: 10.34.1.125 x 14"});
}

TEST_F(Inspect, AnAddressThatGoesOnInTheNextSegmentIsAnother) {
  look(tcp_frame({}, "10.34.1.12"));
  look(tcp_frame({.sequence = 1010}, "5 "));
  look(tcp_frame({.sequence = 1012}, "10.34.1.125"));
  look(tcp_frame({.sequence = 1023}, "0 "));
  EXPECT_EQ(found(), Strings{"frame 2: 10.34.1.125 x 1"});
}

TEST_F(Inspect, AnAddressAtTheEndOfASegmentIsOfThatSegment) {
  look(tcp_frame({}, "10.34.1.125"));
  look(tcp_frame({.source = kA, .destination = kBMapped}, "thanks"));
  look(tcp_frame({.sequence = 1011}, "\r\n"));
  look(tcp_frame({.sequence = 1013}, "10.34.1.126"));  // nothing comes behind it
  EXPECT_EQ(found(), (Strings{"frame 1: 10.34.1.125 x 1", "frame 4: 10.34.1.126 x 1"}));
}

TEST_F(Inspect, ConnectionsDoNotRunIntoEachOther) {
  look(tcp_frame({}, "10.34."));
  look(tcp_frame({.destination_port = 40'001, .sequence = 1006}, "1.125 "));
  look(tcp_frame({.source = kBMapped, .destination = kA, .sequence = 1006}, "1.125 "));
  look(tcp_frame({.sequence = 1007}, "1.125 "));  // a byte is missing
  EXPECT_EQ(found(), Strings());
}

TEST_F(Inspect, RepeatedSegmentsDoNotDisturb) {
  look(tcp_frame({}, "10.34."));
  look(tcp_frame({}, "10.34."));
  look(tcp_frame({.sequence = 1006}, "1.125 "));
  look(tcp_frame({.sequence = 1006}, "1.125 "));
  EXPECT_EQ(found(), Strings{"frame 3: 10.34.1.125 x 1"});
}

TEST_F(Inspect, ASynStartsAnotherConnectionOfTheSamePorts) {
  look(tcp_frame({}, "10.34."));
  look(tcp_frame({.sequence = 1005, .flags = 0x12}, ""));
  look(tcp_frame({.sequence = 1006}, "1.125 "));
  EXPECT_EQ(found(), Strings());
}

TEST_F(Inspect, ADatagramStandsAlone) {
  for (const char* text : {"10.34.", "1.125", "10.34.1.125"}) {
    look(test::frame_of(test::make_udp({.source = kB, .destination = kAMapped}, bytes_of(text))));
  }
  EXPECT_EQ(found(), Strings{"frame 3: 10.34.1.125 x 1"});
}

TEST_F(Inspect, FindsAnAddressThatFragmentsSplit) {
  const auto fragment = [](std::uint16_t field, std::string_view text) {
    Bytes payload = bytes_of(text);
    if ((field & 0x1fffU) == 0) {
      const Bytes udp = test::from_hex("13c4 13c4 0020 0000");
      payload.insert(payload.begin(), udp.begin(), udp.end());
    }
    return test::frame_of(test::make_packet(
        {.source = kB, .destination = kAMapped, .fragment = field, .payload = payload}));
  };
  look(fragment(0x2000, "c=IN IP4 10.34.1"));
  look(fragment(0x0003, ".125\r\n"));
  EXPECT_EQ(found(), Strings{"frame 2: 10.34.1.125 x 1"});
}

TEST_F(Inspect, WhatACaptureCutOffIsNotGuessed) {
  Bytes frame = tcp_frame({}, "10.34.1.1259 ");
  frame.resize(frame.size() - 2);
  look(frame);
  look(tcp_frame({.sequence = 1013}, ".10 10.34.1.126 "));
  Bytes datagram = test::frame_of(
      test::make_udp({.source = kB, .destination = kAMapped}, bytes_of("10.34.1.1259")));
  datagram.pop_back();
  look(datagram);
  EXPECT_EQ(found(), Strings{"frame 2: 10.34.1.126 x 1"});
}

TEST_F(Inspect, QuotesInIcmpErrorsAreNoPayload) {
  test::PacketSpec spec{.source = kB,
                        .destination = kAMapped,
                        .protocol = 1,
                        .payload = test::from_hex("0303 0000 0000 0000")};
  const Bytes text = bytes_of(" 10.34.1.125 ");
  spec.payload.insert(spec.payload.end(), text.begin(), text.end());
  look(test::frame_of(test::make_packet(spec)));
  spec.payload[0] = 8;  // an echo request
  look(test::frame_of(test::make_packet(spec)));
  EXPECT_EQ(found(), Strings{"frame 2: 10.34.1.125 x 1"});
}

TEST_F(Inspect, VlanTagsAreSkipped) {
  Bytes frame = tcp_frame({}, "10.34.1.125 ");
  const Bytes tags = test::from_hex("88a8 0001 8100 0002");
  frame.insert(frame.begin() + 12, tags.begin(), tags.end());
  look(frame);
  EXPECT_EQ(found(), Strings{"frame 1: 10.34.1.125 x 1"});
}

TEST_F(Inspect, NothingIsReadBeyondAFrame) {
  const Bytes frame = tcp_frame({}, "10.34.1.125 ");
  for (std::size_t size = 0; size < frame.size(); ++size) {
    const std::vector<std::uint8_t> part(frame.begin(),
                                         frame.begin() + static_cast<std::ptrdiff_t>(size));
    look(part);
  }
  EXPECT_EQ(found(), Strings());
}

TEST_F(Inspect, CountsWhatNobodyCanLookInto) {
  const std::string hello("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10);
  look(tcp_frame({.destination_port = 1}, hello));
  look(tcp_frame({.destination_port = 1, .sequence = 1010}, "\x17\x03\x03 anything"));
  look(tcp_frame({.destination_port = 1, .sequence = 1010}, ""));
  EXPECT_EQ(sealed(Sealed::kTls), 2U);
  look(tcp_frame({.destination_port = 2}, "220 ready\r\n"));
  look(tcp_frame({.destination_port = 2, .sequence = 1011}, hello));  // STARTTLS
  look(tcp_frame({.destination_port = 2, .sequence = 1021}, "more"));
  EXPECT_EQ(sealed(Sealed::kTls), 4U);
  look(tcp_frame({.destination_port = 3}, "SSH-2.0-x\r\n"));
  look(tcp_frame({.destination_port = 3, .sequence = 1011}, "more"));
  EXPECT_EQ(sealed(Sealed::kSsh), 2U);
  look(test::frame_of(test::make_packet(
      {.source = kB, .destination = kAMapped, .protocol = 50, .payload = Bytes(32)})));
  EXPECT_EQ(sealed(Sealed::kIpsec), 1U);
  look(test::frame_of(test::make_udp({.source = kB, .destination = kAMapped},
                                     bytes_of("\xc3" + std::string("\0\0\0\1", 4)))));
  EXPECT_EQ(sealed(Sealed::kQuic), 1U);
  Bytes wireguard(148);
  wireguard[0] = 1;
  look(test::frame_of(test::make_udp({.source = kB, .destination = kAMapped}, wireguard)));
  EXPECT_EQ(sealed(Sealed::kWireguard), 1U);
  EXPECT_EQ(all_sealed(), 9U);
}

TEST_F(Inspect, CountsWhatNobodyCanLookIntoInTheMidstOfAConnection) {
  look(tcp_frame({.source_port = 443}, std::string("\x17\x03\x03\x00\x05 67890", 10)));
  look(tcp_frame({.source_port = 443, .sequence = 1010}, "what follows"));
  EXPECT_EQ(sealed(Sealed::kTls), 2U);
  look(tcp_frame({.source_port = 22}, "anything"));
  EXPECT_EQ(sealed(Sealed::kSsh), 1U);
  look(tcp_frame({.source_port = 444}, "\x17\x03\x03\xff\xff too long a record"));
  look(tcp_frame({.source_port = 445}, "\x18\x03\x03 12345"));
  EXPECT_EQ(all_sealed(), 3U);
}

TEST_F(Inspect, CountsHttpThatIsCompressed) {
  std::uint32_t at = 1000;
  const auto say = [&](std::string_view text) {
    look(tcp_frame({.source_port = 80, .sequence = at}, text));
    at += static_cast<std::uint32_t>(text.size());
  };
  say("HTTP/1.1 200 OK\r\nContent-encoding: gzip\r\nX: 10.34.1.125\r\n\r\n\x1f\x8b");
  say("more");
  EXPECT_EQ(sealed(Sealed::kEncoded), 2U);
  say("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n\r\nhello");
  say("HTTP/1.1 200 OK\r\n\r\n\nContent-Encoding: gzip");
  say("more");
  EXPECT_EQ(all_sealed(), 2U);
  EXPECT_EQ(found(), Strings{"frame 1: 10.34.1.125 x 1"});
}

TEST_F(Inspect, AnAddressThatWasAskedForIsNotTold) {
  const std::string header("\0\7\x81\x80\0\1\0\1\0\0\0\0", 12);
  const std::string asked("\003125\0011\00234\00210\7in-addr\4arpa\0\0\14\0\1", 30);
  const std::string other("\003126\0011\00234\00210\7in-addr\4arpa\0\0\14\0\1", 30);
  const auto answer = [&](const std::string& text, std::uint16_t port) {
    Bytes payload = bytes_of(std::string(8, '\0') + text);
    test::write16(payload, 0, port);
    test::write16(payload, 2, 40'000);
    look(test::frame_of(
        test::make_packet({.source = kB, .destination = kAMapped, .payload = payload})));
  };
  answer(header + asked + asked, 53);
  look(tcp_frame({.source_port = 53}, std::string("\0\x2a", 2) + header + asked));
  EXPECT_EQ(found(), Strings());
  answer(header + asked + other, 53);
  answer(header + asked, 5300);
  EXPECT_EQ(found(), (Strings{"frame 3: 10.34.1.126 x 1", "frame 4: 10.34.1.125 x 1"}));
}

TEST_F(Inspect, WhatWorksAsItComesIsNoFinding) {
  const std::string field = "tcp.options.mptcp.ipv4";
  const std::vector<FieldValue> fields = {{&field, test::ip(kB)}};
  findings_.add({.frame = 1,
                 .ends = *border_.ends_of(test::ip(kB), test::ip(kAMapped), ""),
                 .protocol = 6,
                 .source_port = 80,
                 .destination_port = 40'000,
                 .application = {},
                 .texts = {},
                 .open = {}},
                fields);
  EXPECT_EQ(found(), Strings());
}

TEST_F(Inspect, CountsWhatWasCapturedInPart) {
  Bytes frame = tcp_frame({}, "10.34.1.125 and more");
  look(frame);
  EXPECT_EQ(search_.cut_short(), 0U);
  frame.pop_back();
  look(frame);
  EXPECT_EQ(search_.cut_short(), 1U);
}

TEST_F(Inspect, FieldsOfWiresharkComeBeforeText) {
  const std::string field = "ftp.passive.ip";
  Sighting sighting{.frame = 7,
                    .ends = *border_.ends_of(test::ip(kB), test::ip(kAMapped), ""),
                    .protocol = 6,
                    .source_port = 21,
                    .destination_port = 40'000,
                    .application = {},
                    .texts = {test::ip(kB)},
                    .open = test::ip("10.34.1.126")};
  const std::vector<FieldValue> fields = {
      {&field, test::ip(kB)}, {&field, test::ip("10.34.1.126")}, {&field, test::ip("192.0.2.1")}};
  findings_.add(sighting, fields);
  sighting.late = true;
  sighting.texts = {test::ip("10.34.1.126")};
  sighting.open.reset();
  findings_.add(sighting, {});
  EXPECT_EQ(found(), (Strings{"frame 7: 10.34.1.125 x 1", "frame 7: 10.34.1.126 x 1"}));
  for (const auto& [key, finding] : findings_.sorted()) {
    EXPECT_EQ(finding.field, field);
    EXPECT_EQ(key.port, 21);
  }
}

TEST_F(Inspect, ActiveFtpIsKnownByItsWordsOnThePortOfFtp) {
  look(tcp_frame(
      {.source = kA, .destination = kBMapped, .source_port = 40'000, .destination_port = 21},
      "PORT 10,32,1,157,7,5\r\n"));
  search_.finish();
  ASSERT_EQ(findings_.sorted().size(), 1U);
  EXPECT_EQ(findings_.sorted()[0].first.port, 21);
  EXPECT_EQ(applications()[findings_.sorted()[0].second.application.value()].name, "FTP, active");
}

TEST_F(Inspect, ReportsForPeopleAndPrograms) {
  look(tcp_frame({.source = kBMapped, .destination = kA, .source_port = 21},
                 "227 Entering Passive Mode (10,34,1,125,7,5)\r\n"));
  look(tcp_frame({.source_port = 9999, .destination_port = 60'000}, "see 10.34.1.126 \"\n"));
  look(tcp_frame({.source_port = 9999, .destination_port = 60'000, .sequence = 1018},
                 "see 10.34.1.126 \"\n"));
  search_.finish();
  InspectReport report{.captures = {"a\n.pcap"},
                       .packets = 5,
                       .between_mappings = 3,
                       .cut_short = 1,
                       .warnings = {"something was left out"}};
  report.sealed[static_cast<std::size_t>(Sealed::kTls)] = 2;
  report.sealed[static_cast<std::size_t>(Sealed::kSsh)] = 1;
  const std::string text = inspect_text(report, findings_, border_);
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "a?.pcap: frame 1, tcp 21 (text): company-b tells company-a 10.34.1.125, its real "
            "address; company-a knows it as 10.33.1.151");
  EXPECT_NE(text.find("a?.pcap: frame 2, 2 packets, tcp 9999 (text): company-b tells company-a "
                      "10.34.1.126, the real address of b-second; company-a knows it as "
                      "10.33.1.152\n    -> "),
            std::string::npos);
  EXPECT_NE(text.find("pasv_address=10.33.1.151"), std::string::npos);
  EXPECT_NE(text.find("found 2: 3 of 5 packets lie between two mappings; nobody can look into 2 of "
                      "TLS, 1 of SSH\nsomething was left out\n"),
            std::string::npos)
      << text;
  const std::string json = inspect_json(report, findings_, border_);
  EXPECT_TRUE(json.starts_with(
      R"({"packets":5,"between_mappings":3,"findings":[{"capture":"a\n.pcap","frame":1,"packets":1,)"
      R"("protocol":"tcp","port":21,"application":"FTP, passive","field":"text",)"
      R"("address":"10.34.1.125","mapping":"company-b","sent_by":"company-b",)"
      R"("read_by":"company-a","should_be":"10.33.1.151","advice":")"))
      << json;
  EXPECT_TRUE(json.ends_with(
      R"("unread":3,"cut_short":1,"fields_searched":false,"warnings":["something was left out"]})"
      "\n"))
      << json;
}

}  // namespace
}  // namespace natto
