// A TAP device itself needs the right to make one: test/e2e/kernel_interface_test.py.

#include "control/kernel_interface.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "support/bytes.hpp"

namespace natto {
namespace {

using test::Bytes;

/// A socket in the place of the TAP device, and the kernel's end of it.
class KernelInterfaceTest : public testing::Test {
 protected:
  KernelInterfaceTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()), 0);
    interface_.emplace(ends[0]);
    kernel_ = ends[1];
  }
  ~KernelInterfaceTest() override { close(kernel_); }

  void kernel_sends(const Bytes& frame) const {
    EXPECT_EQ(write(kernel_, frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
  }
  Bytes take() {
    const auto frame = interface_->take(buffer_);
    return {frame.begin(), frame.end()};
  }

  std::optional<KernelInterface> interface_;
  int kernel_;
  Bytes buffer_ = Bytes(100);
};

TEST_F(KernelInterfaceTest, TakesOneFrameAtATimeAndNeverWaits) {
  EXPECT_TRUE(take().empty());
  kernel_sends(Bytes(60, 1));
  kernel_sends(Bytes(70, 2));
  kernel_sends(Bytes(200, 3));
  EXPECT_EQ(take(), Bytes(60, 1));
  EXPECT_EQ(take(), Bytes(70, 2));
  EXPECT_EQ(take(), Bytes(100, 3)) << "cut to the buffer";
  EXPECT_TRUE(take().empty());
}

TEST_F(KernelInterfaceTest, GivesWholeFramesAndSaysIfItCannot) {
  EXPECT_TRUE(interface_->give(Bytes(60, 7)));
  Bytes got(100);
  EXPECT_EQ(read(kernel_, got.data(), got.size()), 60);
  unsigned given = 0;
  while (given < 1'000'000 && interface_->give(Bytes(60, 7))) {
    ++given;
  }
  EXPECT_LT(given, 1'000'000U) << "the kernel's end is full";
}

TEST_F(KernelInterfaceTest, ClosesWithItsOwnerAlone) {
  KernelInterface moved(std::move(*interface_));
  interface_.reset();
  EXPECT_TRUE(moved.give(Bytes(60, 7)));
}

TEST(KernelInterface, ANameThatIsTakenIsSaid) {
  const auto made = KernelInterface::create({.name = "lo",
                                             .mac = {{2, 0, 0, 0, 0, 1}},
                                             .address = {Ipv4Address::of(10, 1, 0, 1), 24},
                                             .mtu = 1500});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kSystem);
  EXPECT_TRUE(made.error().message.starts_with("kernel_interface lo: cannot "));
  if (access("/dev/net/tun", R_OK | W_OK) == 0) {
    EXPECT_EQ(
        made.error().message,
        "kernel_interface lo: cannot create it: Device or resource busy\n"
        "  an interface has this name: choose another kernel_interface, or remove that interface");
  }
}

}  // namespace
}  // namespace natto
