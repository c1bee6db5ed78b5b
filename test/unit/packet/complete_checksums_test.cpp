#include "packet/complete_checksums.hpp"

#include <gtest/gtest.h>

#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::make_tcp;
using test::make_udp;
using test::write16;

TEST(CompleteChecksums, AreThoseOfTheReference) {
  for (const std::size_t data : {0U, 1U, 7U, 100U}) {
    for (const Bytes& options : {Bytes(), Bytes(8, 1)}) {
      const test::PacketSpec spec{.options = options};
      const std::size_t transport = 34 + options.size();
      for (const bool is_udp : {true, false}) {
        const Bytes right = frame_of(is_udp ? make_udp(spec, Bytes(data, 0xab))
                                            : make_tcp(spec, Bytes(data, 0xab)));
        Bytes frame = right;
        write16(frame, 24, 0x1111);
        write16(frame, transport + (is_udp ? 6 : 16), 0x2222);
        complete_checksums(frame);
        EXPECT_EQ(frame, right);
      }
    }
  }
}

TEST(CompleteChecksums, AUdpChecksumIsNeverZero) {
  Bytes frame = frame_of(make_udp({}, Bytes(2)));
  // The data makes up for all else: what is summed is ffff.
  const std::uint16_t checksum = static_cast<std::uint16_t>(frame[40] << 8 | frame[41]);
  write16(frame, 42, checksum);
  complete_checksums(frame);
  EXPECT_EQ(frame[40], 0xff);
  EXPECT_EQ(frame[41], 0xff);
}

TEST(CompleteChecksums, WhatIsCutStaysAsItIs) {
  const Bytes whole = frame_of(make_tcp({}, {}));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    Bytes frame(whole.begin(), whole.begin() + static_cast<long>(length));
    const Bytes before = frame;
    complete_checksums(frame);
    EXPECT_EQ(frame, before) << length;
  }
}

}  // namespace
}  // namespace natto
