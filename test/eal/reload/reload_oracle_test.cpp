// F1: a packet sees one table as a whole, and never the old one once the new one is acknowledged.
// Sequence-numbered packets at full speed through a worker thread while tables are swapped.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "eal/lab.hpp"
#include "reload/live_table.hpp"
#include "support/packets.hpp"

namespace natto {
namespace {

using test::Bytes;
using test::frame_of;
using test::kA;
using test::kB;
using test::Lab;
using test::make_mapping;
using test::make_udp;

constexpr std::uint64_t kSwaps = 10'000;
/// Packets that must come out between two swaps.
constexpr std::uint64_t kPacketsBetween = 8;

/// What a sends is the same under both tables; what it becomes has no address in common. Odd
/// generations are the first table.
struct World {
  std::vector<Mapping> mappings;
  std::string_view a_mapped;
  std::string_view b_real;
};
const World kWorlds[2] = {
    {{make_mapping("a", kA, "10.1.1.10", "172.31.2.10"),
      make_mapping("b", kB, "192.168.8.20", "172.30.7.20")},
     "172.31.2.10",
     "192.168.8.20"},
    {{make_mapping("a", kA, "10.1.1.10", "172.31.1.10"),
      make_mapping("b", kB, "192.168.7.20", "172.30.7.20")},
     "172.31.1.10",
     "192.168.7.20"},
};

/// The sequence number, and its complement so that no checksum depends on it.
Bytes numbered(std::uint32_t n) {
  Bytes data(8);
  for (int i = 0; i < 4; ++i) {
    data[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(n >> (24 - 8 * i));
    data[static_cast<std::size_t>(i) + 4] = static_cast<std::uint8_t>(~n >> (24 - 8 * i));
  }
  return data;
}

/// Where numbered() begins in a packet of either kind.
constexpr std::size_t kNumberInUdp = 20 + 8;
constexpr std::size_t kNumberInError = 20 + 8 + 20 + 8;

Bytes udp(std::string_view source, std::string_view destination, std::uint8_t ttl) {
  return make_udp({.source = source, .destination = destination, .ttl = ttl}, numbered(0));
}

/// A port unreachable from `source` to `destination` about a packet that went the other way,
/// between `quoted_source` and `quoted_destination`.
Bytes error(std::string_view source, std::string_view destination, std::uint8_t ttl,
            std::string_view quoted_source, std::string_view quoted_destination) {
  Bytes payload = {3, 3, 0, 0, 0, 0, 0, 0};
  const Bytes quoted = udp(quoted_source, quoted_destination, 60);
  payload.insert(payload.end(), quoted.begin(), quoted.end());
  test::write16(payload, 2, test::reference_checksum(payload));
  return test::make_packet({.source = source,
                            .destination = destination,
                            .protocol = 1,
                            .ttl = ttl,
                            .payload = payload});
}

void write_number(Bytes& frame, std::size_t l3_offset, std::uint32_t n) {
  const Bytes number = numbered(n);
  std::copy(number.begin(), number.end(), frame.begin() + 14 + static_cast<long>(l3_offset));
}

std::shared_ptr<const LoadedTable> make_version(std::uint64_t number) {
  return test::make_version(number, kWorlds[number % 2].mappings);
}

/// Lets the other threads run, of which there may be more than CPUs. (A yield may cost the others'
/// whole time slices.)
void breathe() { std::this_thread::sleep_for(std::chrono::microseconds(1)); }

/// A worker thread that polls, and a thread that replaces the table again and again, each time when
/// some packets came out.
class Swapping {
 public:
  using MakeVersion = std::shared_ptr<const LoadedTable> (*)(std::uint64_t);

  Swapping(Lab& lab, MakeVersion make)
      : live(lab.dataplane(), make(1)),
        worker_([this, &lab] { poll(lab); }),
        swapper_([this, make] { swap(make); }) {}
  Swapping(const Swapping&) = delete;
  Swapping& operator=(const Swapping&) = delete;
  ~Swapping() { end(); }

  void end() {
    stop_.store(true);
    if (worker_.joinable()) {
      swapper_.join();
      worker_.join();
    }
  }

  LiveTable live;
  std::atomic<std::uint64_t> published{1};     ///< set before a table is published
  std::atomic<std::uint64_t> acknowledged{1};  ///< set when the one before is in use no more
  std::atomic<std::uint64_t> checked{0};       ///< packets that came out
  std::atomic<bool> swapped_all{false};

 private:
  void poll(Lab& lab) {
    Quiescence& quiescence = lab.dataplane().quiescence;
    quiescence.enter(0);
    while (!stop_.load()) {
      if (lab.pipeline().poll() == 0) {
        breathe();
      }
      quiescence.report(0);
    }
    quiescence.leave(0);
  }

  void swap(MakeVersion make) {
    for (std::uint64_t number = 2; number <= kSwaps + 1 && !stop_.load(); ++number) {
      for (const std::uint64_t seen = checked.load();
           checked.load() < seen + kPacketsBetween && !stop_.load();) {
        breathe();
      }
      published.store(number);
      live.publish(make(number));
      while (!live.reclaim() && !stop_.load()) {
        breathe();
      }
      acknowledged.store(number);
    }
    swapped_all.store(true);
  }

  std::atomic<bool> stop_{false};
  std::thread worker_;
  std::thread swapper_;
};

TEST(ReloadOracle, F1_EveryPacketSeesOneTableAndNeverTheOldOneAfterTheAcknowledgement) {
  Lab lab({.mappings = kWorlds[1].mappings});
  Swapping swapping(lab, make_version);

  struct Sent {
    std::uint64_t acknowledged;
  };
  std::map<std::uint32_t, Sent> on_the_way;
  const Bytes udp_in = frame_of(udp("10.1.1.10", "172.30.7.20", 64));
  const Bytes error_in =
      frame_of(error("10.1.1.10", "172.30.7.20", 64, "172.30.7.20", "10.1.1.10"));
  std::uint32_t next = 0;
  std::uint32_t expected = 0;
  std::uint64_t exact = 0;
  std::uint64_t by_world[2] = {0, 0};
  bool failed = false;

  while (!failed && (!swapping.swapped_all.load() || !on_the_way.empty())) {
    for (int i = 0; i < 16 && on_the_way.size() < 64 && !swapping.swapped_all.load(); ++i, ++next) {
      const bool is_error = next % 4 == 3;
      Bytes frame = is_error ? error_in : udp_in;
      write_number(frame, is_error ? kNumberInError : kNumberInUdp, next);
      on_the_way[next] = {swapping.acknowledged.load()};
      lab.receive(kA, frame);
    }
    std::vector<Bytes> out = lab.sent(kB);
    const std::uint64_t published_now = swapping.published.load();
    if (out.empty()) {
      breathe();
    }
    for (const Bytes& frame : out) {
      const bool is_error = expected % 4 == 3;
      std::optional<std::uint64_t> world;
      for (std::uint64_t w = 0; w < 2; ++w) {
        const World& of = kWorlds[w];
        Bytes want = frame_of(is_error ? error(of.a_mapped, of.b_real, 63, of.b_real, of.a_mapped)
                                       : udp(of.a_mapped, of.b_real, 63));
        write_number(want, is_error ? kNumberInError : kNumberInUdp, expected);
        if (test::l3_of(want) == test::l3_of(frame)) {
          world = w;
        }
      }
      const std::uint64_t oldest = on_the_way.at(expected).acknowledged;
      const bool in_time = world && (oldest < published_now || oldest % 2 == *world);
      EXPECT_TRUE(world.has_value()) << "number " << expected << ": lost, doubled or of no table";
      EXPECT_TRUE(in_time) << "number " << expected << " saw a table that was replaced";
      failed = !in_time;
      if (failed) {
        break;
      }
      exact += oldest == published_now ? 1 : 0;
      ++by_world[*world];
      on_the_way.erase(expected++);
      swapping.checked.fetch_add(1);
    }
  }
  swapping.end();
  EXPECT_EQ(expected, next) << "packets were lost";
  EXPECT_GT(exact, 100U) << "too few packets could tell a stale table";
  EXPECT_GT(by_world[0], next / 10);
  EXPECT_GT(by_world[1], next / 10);
  EXPECT_EQ(lab.counters().dropped(), 0U);
  EXPECT_EQ(swapping.live.current()->version(), kSwaps + 1);
}

/// Each world lets one protocol pass: the first UDP, the second TCP.
PolicyRules rules_of_world(std::uint64_t number) {
  const World& world = kWorlds[number % 2];
  PolicyRules rules{.denies = true, .answers = false};
  rules.allow = {{.name = "one",
                  .from = {test::endpoint_of(world.mappings[0])},
                  .to = {test::endpoint_of(world.mappings[1])},
                  .protocols = {number % 2 == 0 ? protocol::kUdp : protocol::kTcp}}};
  return rules;
}

std::shared_ptr<const LoadedTable> make_denying_version(std::uint64_t number) {
  return test::make_version(number, kWorlds[number % 2].mappings, "", rules_of_world(number));
}

TEST(ReloadOracle, P7_NoPacketIsJudgedByOneTableAndTranslatedByAnother) {
  Lab lab({.mappings = kWorlds[1].mappings, .rules = rules_of_world(1)});
  Swapping swapping(lab, make_denying_version);
  const test::PacketSpec spec{.source = "10.1.1.10", .destination = "172.30.7.20"};
  const Bytes udp_in = frame_of(make_udp(spec, {}));
  const Bytes tcp_in = frame_of(test::make_tcp(spec, {}));
  std::uint64_t sent = 0;
  std::uint64_t by_world[2] = {0, 0};
  const auto came_out = [&] { return by_world[0] + by_world[1]; };
  const auto refused = [&] { return lab.dropped(DropReason::kNotAllowed); };
  while (!swapping.swapped_all.load() || came_out() + refused() < sent) {
    for (int i = 0; i < 16 && sent - came_out() - refused() < 64 && !swapping.swapped_all.load();
         ++i) {
      lab.receive(kA, sent++ % 2 == 0 ? udp_in : tcp_in);
    }
    const std::vector<Bytes> out = lab.sent(kB);
    if (out.empty()) {
      breathe();
    }
    for (const Bytes& frame : out) {
      const Bytes l3 = test::l3_of(frame);
      const std::size_t world = l3[9] == protocol::kUdp ? 0 : 1;
      const Bytes expected =
          make_udp({.source = kWorlds[world].a_mapped, .destination = kWorlds[world].b_real}, {});
      ASSERT_TRUE(std::equal(l3.begin() + 12, l3.begin() + 20, expected.begin() + 12))
          << "allowed by world " << world << ", translated by the other";
      ++by_world[world];
      swapping.checked.fetch_add(1);
    }
  }
  swapping.end();
  EXPECT_EQ(came_out() + refused(), sent);
  EXPECT_GT(by_world[0], kSwaps);
  EXPECT_GT(by_world[1], kSwaps);
  EXPECT_GT(refused(), kSwaps);
}

}  // namespace
}  // namespace natto
