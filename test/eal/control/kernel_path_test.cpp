// Packets for natto's own address that natto does not answer, to the kernel and back: a socket
// stands in for the TAP device.

#include "control/kernel_path.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

#include "eal/lab.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using namespace std::chrono_literals;
using test::Bytes;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_udp;
using enum DropReason;
using Frames = std::vector<Bytes>;

constexpr MacAddress kHostMac{{2, 0, 0, 0, 0, 0x44}};
constexpr Ipv4Address kHost = Ipv4Address::of(10, 1, 1, 10);
constexpr Ipv4Address kOwn = Ipv4Address::of(10, 1, 0, 1);
constexpr std::uint32_t kRate = 1'000;
constexpr std::size_t kBurst = 100;  // a tenth of a second's

class KernelPathTest : public testing::Test {
 protected:
  KernelPathTest() { connect(kRate); }
  ~KernelPathTest() override { disconnect(); }

  void connect(std::uint32_t packets_per_second) {
    disconnect();
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()), 0);
    kernel_ = ends[1];
    lab_.control().connect_kernel(kA, KernelInterface(ends[0]), packets_per_second);
  }
  void disconnect() {
    if (kernel_ >= 0) {
      close(std::exchange(kernel_, -1));
    }
  }

  /// What reached the kernel since the last call.
  Frames kernel_got() const {
    Frames frames;
    Bytes buffer(10'000);
    for (ssize_t length = 0; (length = read(kernel_, buffer.data(), buffer.size())) > 0;) {
      frames.emplace_back(buffer.begin(), buffer.begin() + length);
    }
    return frames;
  }
  void kernel_sends(const Bytes& frame) const {
    ASSERT_EQ(write(kernel_, frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
  }
  /// A frame that the kernel may send.
  [[nodiscard]] Bytes from_kernel(std::size_t data_bytes = 10) const {
    Bytes frame = frame_of(
        make_udp({.source = "10.1.0.1", .destination = "10.32.1.157"}, Bytes(data_bytes, 9)));
    header_at<EthernetHeader>(std::span(frame), 0).source = lab_.mac(kA);
    return frame;
  }
  [[nodiscard]] CounterSums::Kernel counters() const { return lab_.counters().kernel[kA]; }

  Lab lab_{{.mtu = 9000, .kernel_interface = "natto0"}};
  int kernel_ = -1;
};

Bytes to_own(std::string_view source = "10.1.1.10", const Bytes& data = {1}) {
  return frame_of(make_udp({.source = source, .destination = "10.1.0.1"}, data));
}

TEST_F(KernelPathTest, R40_WhatNattoDoesNotAnswerReachesTheKernelAsItCame) {
  const Bytes echo = frame_of(test::make_icmp({.destination = "10.1.0.1"}, 8, Bytes(40, 3)));
  const Bytes tcp = frame_of(test::make_tcp({.destination = "10.1.0.1"}, {}));
  lab_.receive(kA, echo);
  lab_.receive(kA, tcp);
  lab_.run();
  EXPECT_EQ(kernel_got(), Frames{tcp});
  EXPECT_EQ(lab_.sent(kA).size(), 1U) << "natto answers the echo request itself";
  EXPECT_EQ(lab_.counters().consumed, 2U);
  EXPECT_EQ(counters().given, 1U);
}

TEST_F(KernelPathTest, R40_LongPacketsInManyBuffersAndFragments) {
  const Bytes jumbo = to_own("10.1.1.10", Bytes(8'000, 5));
  const Bytes long_echo = frame_of(test::make_icmp({.destination = "10.1.0.1"}, 8, Bytes(8'000)));
  const Bytes first =
      frame_of(make_udp({.destination = "10.1.0.1", .fragment = 0x2000}, Bytes(16, 1)));
  const Bytes later = frame_of(
      test::make_packet({.destination = "10.1.0.1", .fragment = 0x0003, .payload = Bytes(9, 2)}));
  for (const Bytes& frame : {jumbo, long_echo, first, later}) {
    lab_.receive(kA, frame);
  }
  lab_.run();
  EXPECT_EQ(kernel_got(), (Frames{jumbo, long_echo, first, later}));
}

TEST_F(KernelPathTest, R21_R40_InstanceMetadataAnswersReachTheKernel) {
  const Bytes answer = to_own("169.254.169.254");
  lab_.receive(kA, answer);
  lab_.receive(kA, frame_of(make_udp({.source = "169.254.169.254"}, {})));
  lab_.receive(kA, to_own("127.0.0.1"));
  lab_.receive(kB,
               frame_of(make_udp({.source = "169.254.169.254", .destination = "192.168.0.1"}, {})));
  lab_.run();
  EXPECT_EQ(kernel_got(), Frames{answer});
  EXPECT_EQ(lab_.dropped(kSourceMartian), 3U) << "the port of b has no kernel interface";
}

TEST_F(KernelPathTest, R40_ErrorsAboutTheKernelsPacketsReachIt) {
  const Bytes quoted = make_udp({.source = "10.1.0.1", .destination = "10.32.1.157"}, Bytes(8));
  for (const char* source : {"10.1.0.254", "169.254.169.254"}) {
    const Bytes error =
        frame_of(test::make_icmp_error({.source = source, .destination = "10.1.0.1"}, 3, quoted));
    lab_.receive(kA, error);
    lab_.run();
    EXPECT_EQ(kernel_got(), Frames{error}) << source;
  }
}

TEST_F(KernelPathTest, R40_NoMoreThanTheRate) {
  for (std::size_t i = 0; i < kBurst + 50; ++i) {
    lab_.receive(kA, to_own());
  }
  lab_.run(0ms);
  EXPECT_EQ(kernel_got().size(), kBurst);
  EXPECT_EQ(lab_.dropped(kKernelRateExceeded), 50U);
  for (std::size_t i = 0; i < 50; ++i) {
    lab_.receive(kA, to_own());
  }
  lab_.run(20ms);
  EXPECT_EQ(kernel_got().size(), 20U) << "a packet a millisecond";
  EXPECT_EQ(lab_.dropped(kKernelRateExceeded), 80U);
}

TEST_F(KernelPathTest, R40_AKernelThatTakesNothingIsCounted) {
  disconnect();
  lab_.receive(kA, to_own());
  lab_.run();
  EXPECT_EQ(lab_.dropped(kKernelInterfaceRefused), 1U);
  EXPECT_EQ(lab_.counters().consumed, 0U);
}

TEST_F(KernelPathTest, R40_TheKernelsFramesGoToTheWireAsTheyAre) {
  const Frames frames = {from_kernel(), from_kernel(8'000)};
  for (const Bytes& frame : frames) {
    kernel_sends(frame);
  }
  lab_.run();
  EXPECT_EQ(lab_.sent(kA), frames);
  EXPECT_TRUE(lab_.sent(kB).empty());
  EXPECT_EQ(lab_.counters().generated, 2U);
  EXPECT_EQ(counters().taken, 2U);
}

TEST_F(KernelPathTest, R40_TheKernelsChatterIsCountedAndNotSent) {
  Bytes solicitation = test::from_hex("333300000002 020000000100 86dd");
  solicitation.resize(70);
  kernel_sends(solicitation);
  Bytes forwarded = frame_of(make_udp({.source = "10.1.1.10", .destination = "10.32.1.157"}, {}));
  header_at<EthernetHeader>(std::span(forwarded), 0).source = lab_.mac(kA);
  kernel_sends(forwarded);
  kernel_sends(from_kernel());
  lab_.run();
  EXPECT_EQ(lab_.sent(kA), Frames{from_kernel()});
  EXPECT_EQ(counters().refused, 2U);
  EXPECT_EQ(counters().taken, 1U);
}

TEST_F(KernelPathTest, R40_TheKernelSendsNoMoreThanTheRateAndThenWaits) {
  for (std::size_t i = 0; i < kBurst + 30; ++i) {
    kernel_sends(from_kernel());
  }
  for (int i = 0; i < 10; ++i) {
    lab_.run(0ms);
  }
  EXPECT_EQ(lab_.sent(kA).size(), kBurst);
  lab_.run(20ms);
  EXPECT_EQ(lab_.sent(kA).size(), 20U);
  lab_.run(30ms);
  EXPECT_EQ(lab_.sent(kA).size(), 10U) << "none is lost";
}

TEST_F(KernelPathTest, R40_TheKernelLeavesRoomForWhatNattoSends) {
  connect(100'000);
  for (std::size_t i = 0; i < 200; ++i) {
    kernel_sends(from_kernel());
  }
  const rte_ring* ring = lab_.dataplane().rings.to_worker[kA].get();
  for (int i = 0; i < 3; ++i) {
    lab_.control().step(0ms);  // a worker that does not come by
  }
  EXPECT_LE(rte_ring_count(ring), rte_ring_get_capacity(ring) / 2 + 1);
}

TEST_F(KernelPathTest, R25_R40_ArpAnswersReachTheKernelAndQuestionsDoNot) {
  const auto arp = [](ArpOperation operation, Ipv4Address sender, const ArpParty& target) {
    const ArpFrame frame =
        make_arp({.operation = operation, .sender = {kHostMac, sender}, .target = target});
    return Bytes(frame.begin(), frame.end());
  };
  const ArpFrame asked = make_arp({.operation = ArpOperation::kRequest,
                                   .sender = {lab_.mac(kA), kOwn},
                                   .target = {MacAddress{}, kHost}});
  kernel_sends({asked.begin(), asked.end()});
  lab_.run();
  EXPECT_EQ(lab_.sent(kA), Frames{Bytes(asked.begin(), asked.end())});

  const Bytes answer = arp(ArpOperation::kReply, kHost, {lab_.mac(kA), kOwn});
  lab_.receive(kA, answer);
  lab_.receive(kA, arp(ArpOperation::kReply, kHost, {kHostMac, kHost}));  // not for natto
  lab_.receive(kA, arp(ArpOperation::kRequest, kHost, {MacAddress{}, kOwn}));
  lab_.run();
  EXPECT_EQ(kernel_got(), Frames{answer});
  EXPECT_EQ(lab_.sent(kA).size(), 1U) << "natto answers for the address";
  EXPECT_EQ(lab_.counters().consumed, 2U);
  EXPECT_EQ(lab_.dropped(kArpNotForNatto), 1U);
}

TEST_F(KernelPathTest, R25_R40_AFloodForTheKernelCostsNeitherArpNorTraffic) {
  const ArpFrame frame = make_arp({.operation = ArpOperation::kRequest,
                                   .sender = {kHostMac, kHost},
                                   .target = {MacAddress{}, kOwn}});
  const Bytes request(frame.begin(), frame.end());
  for (int round = 1; round <= 50; ++round) {
    for (int i = 0; i < 900; ++i) {
      lab_.receive(kA, to_own());
    }
    for (int i = 0; i < 10; ++i) {
      lab_.receive(kA, request);
    }
    for (int i = 0; i < 90; ++i) {
      lab_.receive(kA, frame_of(make_udp({}, {})));
    }
    while (lab_.pipeline().poll() > 0) {  // control is slower than the flood
    }
    static_cast<void>(lab_.control().step(Instant{round}));
    lab_.pipeline().poll();
    ASSERT_EQ(lab_.sent(kA).size(), 10U) << "ARP replies";
    ASSERT_EQ(lab_.sent(kB).size(), 90U) << "translated packets";
    static_cast<void>(kernel_got());
  }
  EXPECT_GT(lab_.dropped(kControlQueueFull), 0U);
  EXPECT_GT(lab_.dropped(kKernelRateExceeded), 0U);
}

TEST(KernelPath, R40_OffByDefault) {
  Lab lab;
  lab.receive(kA, to_own());
  lab.receive(kA, to_own("169.254.169.254"));
  lab.run();
  EXPECT_EQ(lab.dropped(kOwnAddressNotAnswered), 1U);
  EXPECT_EQ(lab.dropped(kSourceMartian), 1U);
}

}  // namespace
}  // namespace natto
