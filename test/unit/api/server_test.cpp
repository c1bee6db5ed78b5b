#include "api/server.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "api/as_user.hpp"
#include "api/raw_client.hpp"
#include "api/temporary_folder.hpp"
#include "config/model.hpp"

namespace natto::api {
namespace {

using namespace std::chrono_literals;
using test::as_user;
using test::RawClient;
using test::TemporaryFolder;

const std::string kAskTable = "{\"request\":\"table\"}\n";
const std::string kTable = to_line(TableReport{.digest = "d"});

/// Answers `table` at once, `mappings` with `pieces` pieces, and keeps the others until it is told.
class FakeNatto {
 public:
  explicit FakeNatto(const Limits& limits = {}, const ApiConfig& config = {}) {
    server_.emplace(
        Listener::claim(path()).value(), Access::create(config).value(),
        [this](const Request& request, const Peer& peer, const std::shared_ptr<Answer>& answer) {
          handle(request, peer, answer);
        },
        std::vector<unsigned>(), limits);
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
  }

  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "natto.sock"; }
  [[nodiscard]] RawClient client() const { return RawClient(path()); }
  void stop() { server_.reset(); }

  /// The answer to a request that is kept, once there is one.
  std::shared_ptr<Answer> kept() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, 30s, [this] { return !kept_.empty(); })) {
      throw std::runtime_error("no request arrived");
    }
    auto answer = std::move(kept_.front());
    kept_.erase(kept_.begin());
    return answer;
  }

  std::atomic<std::size_t> pieces{0};
  std::atomic<std::size_t> pieces_made{0};
  std::atomic<std::size_t> requests{0};

  /// Who sent the last request.
  [[nodiscard]] Peer last_peer() const {
    const std::lock_guard lock(mutex_);
    return last_peer_;
  }

 private:
  void handle(const Request& request, const Peer& peer, const std::shared_ptr<Answer>& answer) {
    requests.fetch_add(1);
    {
      const std::lock_guard lock(mutex_);
      last_peer_ = peer;
    }
    if (std::holds_alternative<TableRequest>(request)) {
      return answer->report(kTable);
    }
    if (std::holds_alternative<MappingsRequest>(request)) {
      return answer->report([this, left = pieces.load()]() mutable {
        pieces_made.fetch_add(1);
        return left == 0 ? std::string() : std::string(left-- > 0 ? 100'000 : 0, 'x');
      });
    }
    if (std::holds_alternative<WorkersRequest>(request)) {
      throw std::bad_alloc();
    }
    const std::lock_guard lock(mutex_);
    kept_.push_back(answer);
    arrived_.notify_one();
  }

  TemporaryFolder folder_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::shared_ptr<Answer>> kept_;
  Peer last_peer_;
  std::optional<Server> server_;
};

std::string answer_of(RawClient& client, std::string_view text) {
  client.send(text);
  return client.line();
}

bool is_error(const std::string& line, std::string_view kind, std::string_view text) {
  return line.starts_with(fmt::format(R"({{"error":{{"kind":"{}")", kind)) &&
         line.find(text) != std::string::npos;
}

/// The server goes on, whatever happened before.
void expect_service(const FakeNatto& natto) {
  RawClient client = natto.client();
  EXPECT_EQ(answer_of(client, kAskTable), kTable);
}

/// What another client hears.
std::string ask_table(const FakeNatto& natto) {
  RawClient client = natto.client();
  client.send(kAskTable);
  return client.line();
}

TEST(Server, AnswersLineByLineHoweverTheyCome) {
  const FakeNatto natto;
  RawClient client = natto.client();
  EXPECT_EQ(answer_of(client, kAskTable), kTable);
  for (const char byte : kAskTable) {
    client.send(std::string(1, byte));
  }
  EXPECT_EQ(client.line(), kTable);
  client.send(kAskTable + kAskTable + kAskTable);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.line(), kTable);
  }
}

TEST(Server, AClientThatSendsNoMoreHasItsAnswer) {
  const FakeNatto natto;
  RawClient client = natto.client();
  client.send(R"({"request":"table"})");
  client.send_no_more();
  EXPECT_EQ(client.rest(), kTable + "\n");
}

TEST(Server, GarbageIsAnsweredAndTheClientMayGoOn) {
  const FakeNatto natto;
  RawClient client = natto.client();
  for (const char* garbage : {"\n", "half {\"request\":\n", "\xff\xfe\x01\n", "{}\n", "[[[[\n"}) {
    EXPECT_TRUE(is_error(answer_of(client, garbage), "usage", "a request is a JSON object"))
        << garbage;
  }
  EXPECT_TRUE(is_error(answer_of(client, std::string("\0\0\n", 3)), "usage", ""));
  EXPECT_EQ(answer_of(client, kAskTable), kTable);
}

TEST(Server, HalfARequestIsToldWhenTheClientEnds) {
  const FakeNatto natto;
  RawClient client = natto.client();
  client.send(R"({"request":"ta)");
  client.send_no_more();
  EXPECT_TRUE(is_error(client.rest(), "usage", "a request is a JSON object"));
}

TEST(Server, ALineWithoutEndIsCutOff) {
  const FakeNatto natto({.request_bytes = 65'536});
  RawClient client = natto.client();
  EXPECT_LT(client.send(std::string(2 << 20, 'x')), std::size_t{2} << 20);
  EXPECT_TRUE(is_error(client.line(), "usage", "at most 65536 bytes"));
  EXPECT_TRUE(client.ended());
  expect_service(natto);
}

TEST(Server, TheLongestLineIsARequest) {
  const FakeNatto natto({.request_bytes = 100});
  RawClient client = natto.client();
  std::string line = R"({"request":"table"})";
  line.resize(100, ' ');
  EXPECT_EQ(answer_of(client, line + "\n"), kTable);
  EXPECT_TRUE(is_error(answer_of(client, line + " \n"), "usage", "at most 100 bytes"));
}

TEST(Server, WhoSendsNothingIsSentAway) {
  const FakeNatto natto({.request_time = 50ms});
  RawClient silent = natto.client();
  EXPECT_TRUE(is_error(silent.line(), "usage", "no request came within 50 ms"));
  EXPECT_TRUE(silent.ended());
  RawClient slow = natto.client();
  slow.send("{\"request\"");
  EXPECT_TRUE(is_error(slow.line(), "usage", "no request came within 50 ms"));
}

TEST(Server, WhoWaitsForAnAnswerIsNotSentAway) {
  FakeNatto natto({.request_time = 50ms});
  RawClient client = natto.client();
  client.send("{\"request\":\"reload\"}\n");
  const auto answer = natto.kept();
  RawClient silent = natto.client();
  EXPECT_TRUE(is_error(silent.line(), "usage", "no request")) << "the time has passed";
  answer->progress(to_line(ProgressReport{.progress = "reading"}));
  EXPECT_EQ(client.line(), R"({"progress":"reading"})");
  answer->report("{}");
  EXPECT_EQ(client.line(), "{}");
}

TEST(Server, WhoWaitsForAnAnswerHearsThatNattoWorks) {
  FakeNatto natto({.progress_time = 20ms});
  RawClient client = natto.client();
  client.send("{\"request\":\"reload\"}\n");
  const auto answer = natto.kept();
  EXPECT_EQ(client.line(), R"({"progress":"waiting"})");
  EXPECT_EQ(client.line(), R"({"progress":"waiting"})");
  answer->progress(to_line(ProgressReport{.progress = "reading"}));
  std::string line;
  while ((line = client.line()) == R"({"progress":"waiting"})") {
  }
  EXPECT_EQ(line, R"({"progress":"reading"})");
  EXPECT_EQ(client.line(), R"({"progress":"reading"})");
  answer->report("{}");
  while ((line = client.line()) == R"({"progress":"reading"})") {
  }
  EXPECT_EQ(line, "{}");
}

std::vector<RawClient> idle_clients(const FakeNatto& natto, int count) {
  std::vector<RawClient> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(natto.client());
    EXPECT_EQ(answer_of(clients.back(), kAskTable), kTable) << i;
  }
  return clients;
}

TEST(Server, IdleClientsMakeRoomForTheOperator) {
  const FakeNatto natto;
  std::vector<RawClient> clients = idle_clients(natto, 100);
  expect_service(natto);
  EXPECT_TRUE(is_error(clients.front().line(), "system", "your place for another client"));
  EXPECT_TRUE(clients.front().ended()) << "it was idle for longest";
  for (std::size_t i = 1; i < clients.size(); ++i) {
    ASSERT_EQ(answer_of(clients[i], kAskTable), kTable) << i;
  }
}

TEST(Server, ClientsThatDoNotReadMakeRoomForTheOperatorToo) {
  FakeNatto natto;
  natto.pieces = 500;
  std::vector<RawClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(natto.client());
    clients.back().send("{\"request\":\"mappings\"}\n");
  }
  while (natto.requests < 100) {
    std::this_thread::sleep_for(1ms);
  }
  expect_service(natto);
  EXPECT_LT(clients.front().rest().size(), 50'000'000U);
}

TEST(Server, WhoWaitsForAnAnswerKeepsItsPlace) {
  FakeNatto natto({.clients = 2});
  RawClient one = natto.client();
  one.send("{\"request\":\"reload\"}\n");
  const auto first = natto.kept();
  RawClient two = natto.client();
  two.send("{\"request\":\"reload\"}\n");
  const auto second = natto.kept();
  RawClient three = natto.client();
  EXPECT_TRUE(is_error(three.line(), "system", "natto has 2 other clients already"));
  EXPECT_TRUE(three.ended());
  first->report("first");
  second->report("second");
  EXPECT_EQ(one.line(), "first");
  EXPECT_EQ(two.line(), "second");
  expect_service(natto);
}

TEST(Server, ALongRequestHoldsUpNobody) {
  FakeNatto natto;
  RawClient waiting = natto.client();
  waiting.send("{\"request\":\"reload\"}\n");
  const auto answer = natto.kept();
  expect_service(natto);
  answer->report("{\"done\":1}");
  EXPECT_EQ(waiting.line(), "{\"done\":1}");
}

TEST(Server, TwoReloadsAtOnceHaveTheirOwnAnswers) {
  FakeNatto natto;
  RawClient one = natto.client();
  one.send("{\"request\":\"reload\"}\n");
  const auto first = natto.kept();
  RawClient two = natto.client();
  two.send("{\"request\":\"reload\"}\n");
  const auto second = natto.kept();
  second->report("second");
  first->report("first");
  EXPECT_EQ(one.line(), "first");
  EXPECT_EQ(two.line(), "second");
}

TEST(Server, AnAnswerToAVanishedClientGoesNowhere) {
  FakeNatto natto;
  RawClient client = natto.client();
  client.send("{\"request\":\"reload\"}\n");
  auto answer = natto.kept();
  client.vanish();
  expect_service(natto);
  answer->progress("{}");
  answer->report(std::string(1'000'000, 'x'));
  expect_service(natto);
}

TEST(Server, AnAnswerThatIsLetGoIsAnError) {
  FakeNatto natto;
  RawClient client = natto.client();
  client.send("{\"request\":\"reload\"}\n");
  natto.kept().reset();
  EXPECT_TRUE(is_error(client.line(), "system", "natto is ending"));
}

TEST(Server, AnswersMayOutliveTheServer) {
  FakeNatto natto;
  RawClient client = natto.client();
  client.send("{\"request\":\"reload\"}\n");
  auto answer = natto.kept();
  natto.stop();
  EXPECT_TRUE(client.ended());
  EXPECT_FALSE(std::filesystem::exists(natto.path()));
  answer->report("{}");
}

TEST(Server, ALongReportIsMadeAsFastAsItIsRead) {
  FakeNatto natto;
  natto.pieces = 500;
  RawClient idle = natto.client();
  idle.send("{\"request\":\"mappings\"}\n");
  expect_service(natto);
  EXPECT_LT(natto.pieces_made, 100U) << "of 50 MB only what the socket takes is made";
  RawClient reader = natto.client();
  EXPECT_EQ(answer_of(reader, "{\"request\":\"mappings\"}\n").size(), 50'000'000U);
  EXPECT_EQ(answer_of(reader, kAskTable), kTable);
}

TEST(Server, WhoDoesNotReadItsReportIsCutOff) {
  FakeNatto natto({.report_time = 50ms});
  natto.pieces = 500;
  RawClient client = natto.client();
  client.send("{\"request\":\"mappings\"}\n");
  expect_service(natto);
  RawClient other = natto.client();
  other.send("{\"request\":\"mappings\"}\n");
  std::this_thread::sleep_for(200ms);
  const std::string report = client.rest();
  EXPECT_LT(report.size(), 50'000'000U);
  EXPECT_EQ(report.find_first_not_of('x'), std::string::npos) << "no error in the middle of a line";
  expect_service(natto);
}

TEST(Server, AFollowerHasLinesUntilItGoes) {
  FakeNatto natto;
  RawClient client = natto.client();
  client.send("{\"request\":\"reload\"}\n");
  const auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> alive = held;
  natto.kept()->follow([held = std::shared_ptr<int>(held)] {
    return ++*held % 2 == 0 ? "" : fmt::format("{}\n", *held);
  });
  for (const char* line : {"1", "3", "5", "7"}) {
    EXPECT_EQ(client.line(), line);
  }
  EXPECT_EQ(ask_table(natto), kTable);
  client.vanish();
  while (alive.use_count() > 1) {
    std::this_thread::sleep_for(1ms);
  }
}

TEST(Server, AFollowerThatDoesNotReadHoldsUpNothing) {
  FakeNatto natto;
  const RawClient client = natto.client();
  client.send("{\"request\":\"reload\"}\n");
  const auto made = std::make_shared<std::atomic<int>>(0);
  natto.kept()->follow([made] {
    made->fetch_add(1);
    return std::string(100'000, 'x') + "\n";
  });
  int before = -1;
  while (std::exchange(before, made->load()) != made->load() || before == 0) {
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_LT(before, 20);
  EXPECT_EQ(ask_table(natto), kTable);
}

TEST(Server, WithoutMemoryTheClientIsTold) {
  const FakeNatto natto;
  RawClient client = natto.client();
  EXPECT_TRUE(is_error(answer_of(client, "{\"request\":\"workers\"}\n"), "system", "no memory"));
  EXPECT_EQ(answer_of(client, kAskTable), kTable);
}

TEST(Server, AFloodOfShortLivedClientsLeavesNothingBehind) {
  const FakeNatto natto;
  for (int i = 0; i < 1'000; ++i) {
    RawClient client = natto.client();
    if (i % 2 == 0) {
      client.send(kAskTable);
    }
  }
  expect_service(natto);
}

TEST(Server, ThePeerIsWhomTheKernelNames) {
  const FakeNatto natto;
  expect_service(natto);
  EXPECT_EQ(natto.last_peer().user, geteuid());
  EXPECT_EQ(natto.last_peer().process, getpid());
  EXPECT_EQ(natto.last_peer().program, program_invocation_short_name);
  EXPECT_TRUE(
      to_string(natto.last_peer())
          .ends_with(fmt::format(", pid {} ({})", getpid(), program_invocation_short_name)));
}

/// Needs root, to become somebody else.
class ServerRights : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) {
      GTEST_SKIP() << "only root can become another user";
    }
  }
  static constexpr uid_t kAlice = 54'321;
  static constexpr gid_t kDaemon = 1;
  static constexpr gid_t kBin = 2;

  [[nodiscard]] std::string ask(const std::vector<gid_t>& groups, const std::string& line) const {
    return as_user(kAlice, groups, [&] {
      RawClient client(natto_.path());
      return client.connected() ? answer_of(client, line) : "not connected";
    });
  }

  FakeNatto natto_{{}, {.socket = {}, .group = "daemon", .admin_group = "bin"}};
};

TEST_F(ServerRights, AnOutsiderIsToldWhatToDo) {
  EXPECT_TRUE(is_error(ask({kAlice}, kAskTable), "denied", "join the group daemon"));
  EXPECT_EQ(natto_.requests, 0U);
}

TEST_F(ServerRights, AMemberOfTheGroupReadsAndChangesNothing) {
  EXPECT_EQ(ask({kDaemon}, kAskTable), kTable);
  for (const char* change : {"reload", "dry_run", "rollback"}) {
    EXPECT_TRUE(is_error(ask({kDaemon}, fmt::format("{{\"request\":\"{}\"}}\n", change)), "denied",
                         "change nothing"))
        << change;
  }
  EXPECT_EQ(natto_.requests, 1U);
}

TEST_F(ServerRights, AMemberOfTheAdminGroupChanges) {
  const std::future<void> natto =
      std::async(std::launch::async, [this] { natto_.kept()->report("done"); });
  EXPECT_EQ(ask({kBin}, "{\"request\":\"reload\"}\n"), "done");
  EXPECT_EQ(natto_.last_peer().user, kAlice);
}

/// Connects until natto refuses; what it says then, and how often it did not.
std::pair<std::string, std::size_t> fill(const std::filesystem::path& path, std::size_t attempts) {
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < attempts; ++i) {
    clients.emplace_back(path);
    if (std::string line = answer_of(clients.back(), kAskTable); line != kTable) {
      return {line, i};
    }
  }
  return {"", attempts};
}

TEST_F(ServerRights, AReaderTakesNoMoreThanItsPlaces) {
  const std::string refusal = as_user(kAlice, {kDaemon}, [&] {
    const auto [line, places] = fill(natto_.path(), 100);
    return places == 20 ? line : fmt::format("{} places", places);
  });
  EXPECT_TRUE(is_error(refusal, "system", "has 20 connections already")) << refusal;
}

TEST_F(ServerRights, AReaderSendsNobodyAway) {
  std::vector<RawClient> clients = idle_clients(natto_, 100);
  const std::string refusal = ask({kDaemon}, kAskTable);
  EXPECT_TRUE(is_error(refusal, "system", "100 other clients already")) << refusal;
  EXPECT_EQ(answer_of(clients.front(), kAskTable), kTable);
  EXPECT_EQ(ask({kBin}, kAskTable), kTable) << "an administrator has a place";
}

TEST_F(ServerRights, OutsidersTakeNoPlaces) {
  EXPECT_EQ(as_user(kAlice, {kAlice},
                    [&] {
                      std::vector<RawClient> clients;
                      for (int i = 0; i < 150; ++i) {
                        clients.emplace_back(natto_.path());
                      }
                      return is_error(clients.back().line(), "denied", "") ? "denied" : "other";
                    }),
            "denied");
  expect_service(natto_);
}

}  // namespace
}  // namespace natto::api
