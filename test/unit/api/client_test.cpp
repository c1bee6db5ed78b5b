#include "api/client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "api/as_user.hpp"
#include "api/listener.hpp"
#include "api/temporary_folder.hpp"

namespace natto::api {
namespace {

using namespace std::chrono_literals;
using test::as_user;
using test::TemporaryFolder;

/// Sends `lines` to its first client, whatever that asks, each after a `pause`, and hangs up.
class Parrot {
 public:
  explicit Parrot(std::string lines, std::size_t heard_bytes = 1,
                  std::chrono::milliseconds pause = 0ms)
      : listener_(Listener::claim(folder_.path() / "natto.sock").value()) {
    thread_ = std::thread([this, lines = std::move(lines), heard_bytes, pause] {
      int client = -1;
      while ((client = accept(listener_.descriptor(), nullptr, nullptr)) < 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      heard_.resize(heard_bytes > 0 ? 1024 : 0);
      if (heard_bytes > 0) {
        heard_.resize(static_cast<std::size_t>(recv(client, heard_.data(), heard_.size(), 0)));
      }
      for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', at), lines.size() - 1) + 1;
        std::this_thread::sleep_for(pause);
        send(client, lines.data() + at, end - at, MSG_NOSIGNAL);
        at = end;
      }
      close(client);
    });
  }
  ~Parrot() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  [[nodiscard]] std::filesystem::path path() const { return listener_.path(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  /// What it was asked, once it is over.
  const std::string& heard() {
    thread_.join();
    return heard_;
  }

 private:
  TemporaryFolder folder_;
  Listener listener_;
  std::string heard_;
  std::thread thread_;
};

auto ask(const std::string& lines) {
  const Parrot natto(lines);
  return Client::connect(natto.path()).value().request(TableRequest());
}

TEST(Client, AsksAndHasTheReportAndItsLine) {
  const std::string line = to_line(TableReport{.version = 7});
  Parrot natto(line + "\n");
  const auto received = Client::connect(natto.path()).value().request(TableRequest());
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(received->report.version, 7U);
  EXPECT_EQ(received->line, line);
  EXPECT_EQ(natto.heard(), "{\"request\":\"table\"}\n");
}

TEST(Client, HearsOfProgressBeforeTheReport) {
  const Parrot natto("{\"progress\":\"reading\"}\n{\"progress\":\"building\"}\n" +
                     to_line(ReloadReport{.id = 3}) + "\n");
  std::string heard;
  const auto received =
      Client::connect(natto.path()).value().request(ReloadRequest(), [&](const std::string& stage) {
        heard += stage + ";";
      });
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(received->report.id, 3U);
  EXPECT_EQ(heard, "reading;building;");
}

TEST(Client, ErrorsKeepTheirKind) {
  const auto received = ask(R"({"error":{"kind":"denied","message":"no"}})"
                            "\n");
  ASSERT_FALSE(received.ok());
  EXPECT_EQ(received.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(received.error().message, "no");
}

TEST(Client, ReportsThatMakeNoSenseAreErrors) {
  for (const char* nonsense : {"\n", "{\n", "3\n", "{}\n", "\xff\xfe\n"}) {
    const auto received = ask(nonsense);
    ASSERT_FALSE(received.ok()) << nonsense;
    EXPECT_EQ(received.error().kind, ErrorKind::kSystem) << nonsense;
  }
}

TEST(Client, AReportThatIsCutOffIsNone) {
  for (const char* cut : {"", "{\"version\":1"}) {
    const auto received = ask(cut);
    ASSERT_FALSE(received.ok());
    EXPECT_NE(received.error().message.find("closed the connection"), std::string::npos);
  }
}

TEST(Client, ARefusalIsReadThoughTheRequestWasNot) {
  const Parrot natto(R"({"error":{"kind":"system","message":"full"}})"
                     "\n",
                     0);
  auto client = Client::connect(natto.path());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(client->request(TableRequest()).error().message, "full");
}

TEST(Client, SilenceEndsTheRequest) {
  const TemporaryFolder folder;
  const Result<Listener> deaf = Listener::claim(folder.path() / "natto.sock");
  const auto received = Client::connect(deaf->path(), 50ms).value().request(TableRequest());
  ASSERT_FALSE(received.ok());
  EXPECT_EQ(received.error().kind, ErrorKind::kSilent);
  EXPECT_EQ(received.error().message,
            fmt::format("natto (pid {}) does not answer: it has said nothing for 0.05 s\n"
                        "  look at its log; its traffic does not depend on this\n"
                        "  --timeout waits longer",
                        getpid()));
}

TEST(Client, ALongRequestIsNotTakenEither) {
  const TemporaryFolder folder;
  const Result<Listener> deaf = Listener::claim(folder.path() / "natto.sock");
  const auto received = Client::connect(deaf->path(), 50ms)
                            .value()
                            .request(ExplainRequest{.frame = std::string(10'000'000, '0')});
  ASSERT_FALSE(received.ok());
  EXPECT_NE(received.error().message.find("does not answer"), std::string::npos);
}

TEST(Client, AFullQueueOfConnectionsEndsTheAttempt) {
  const TemporaryFolder folder;
  const Result<Listener> deaf = Listener::claim(folder.path() / "natto.sock");
  std::vector<Client> waiting;
  std::optional<Error> error;
  while (!error && waiting.size() < 1'000) {
    Result<Client> client = Client::connect(deaf->path(), 50ms);
    client ? waiting.push_back(*std::move(client)) : static_cast<void>(error = client.error());
  }
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::kSilent);
  EXPECT_TRUE(
      error->message.starts_with(fmt::format("natto at {} does not answer", deaf->path().string())))
      << error->message;
}

TEST(Client, AStoppedNattoIsToldFromABusyOne) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    const Result<Listener> stopped = Listener::claim(folder.path() / "natto.sock");
    raise(SIGSTOP);
    _exit(0);
  }
  waitpid(child, nullptr, WUNTRACED);
  const auto received =
      Client::connect(folder.path() / "natto.sock", 50ms).value().request(TableRequest());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ASSERT_FALSE(received.ok());
  EXPECT_EQ(received.error().message,
            fmt::format("natto (pid {0}) does not answer: its process is stopped, and so is its "
                        "traffic\n  kill -CONT {0} lets it go on",
                        child));
}

TEST(Client, ANattoThatSaysThatItWorksIsWaitedFor) {
  // Longer than the patience, all in all.
  std::string working;
  for (int i = 0; i < 20; ++i) {
    working += "{\"progress\":\"building\"}\n";
  }
  const Parrot natto(working + to_line(TableReport{.version = 7}) + "\n", 1, 50ms);
  const auto received = Client::connect(natto.path(), 500ms).value().request(TableRequest());
  ASSERT_TRUE(received.ok()) << received.error().message;
  EXPECT_EQ(received->report.version, 7U);
}

TEST(Client, NobodyAtTheSocketIsNamed) {
  const auto client = Client::connect("/nowhere/natto.sock");
  ASSERT_FALSE(client.ok());
  EXPECT_NE(client.error().message.find("/nowhere/natto.sock"), std::string::npos);
  EXPECT_FALSE(Client::connect(std::string(200, 'x')).ok());
}

TEST(Client, TheOnlyRunningNattoIsFound) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    const Result<Listener> dead = Listener::claim(folder.path() / "dead.sock");
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  const auto nobody = Client::find({folder.path(), "/nowhere"});
  ASSERT_FALSE(nobody.ok());
  EXPECT_EQ(nobody.error().kind, ErrorKind::kSystem);
  EXPECT_NE(nobody.error().message.find("no natto runs here"), std::string::npos);
  EXPECT_NE(nobody.error().message.find("/nowhere/*.sock"), std::string::npos);

  const Result<Listener> one = Listener::claim(folder.path() / "one.sock");
  EXPECT_TRUE(Client::find({folder.path()}).ok());
  const Result<Listener> two = Listener::claim(folder.path() / "two.sock");
  const auto several = Client::find({folder.path()});
  ASSERT_FALSE(several.ok());
  EXPECT_EQ(several.error().kind, ErrorKind::kInput);
  EXPECT_NE(several.error().message.find("two.sock"), std::string::npos);
  EXPECT_EQ(several.error().message.find("dead.sock"), std::string::npos);
}

TEST(Client, NoRightToTheFolderOrTheSocketIsToldFromNobody) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can become another user";
  }
  const TemporaryFolder folder;
  const Result<Listener> natto = Listener::claim(folder.path() / "natto.sock");
  const auto ask_as_alice = [&] {
    return as_user(54'321, {}, [&] {
      const Result<Client> client = Client::find({folder.path()});
      return client ? std::string("connected") : client.error().message;
    });
  };
  EXPECT_NE(ask_as_alice().find("Permission denied\n  ask as root"), std::string::npos) << "folder";
  chmod(folder.path().c_str(), 0755);
  EXPECT_EQ(ask_as_alice(), "connected");
  chmod(natto->path().c_str(), 0600);
  EXPECT_NE(ask_as_alice().find("natto.sock: Permission denied\n  ask as root"), std::string::npos);
}

}  // namespace
}  // namespace natto::api
