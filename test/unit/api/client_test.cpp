#include "api/client.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <thread>

#include "api/as_user.hpp"
#include "api/listener.hpp"
#include "api/temporary_folder.hpp"

namespace natto::api {
namespace {

using test::as_user;
using test::TemporaryFolder;

/// Sends `lines` to its first client, whatever that asks, and hangs up.
class Parrot {
 public:
  explicit Parrot(std::string lines, std::size_t heard_bytes = 1)
      : listener_(Listener::claim(folder_.path() / "natto.sock").value()) {
    thread_ = std::thread([this, lines = std::move(lines), heard_bytes] {
      int client = -1;
      while ((client = accept(listener_.descriptor(), nullptr, nullptr)) < 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      heard_.resize(heard_bytes > 0 ? 1024 : 0);
      if (heard_bytes > 0) {
        heard_.resize(static_cast<std::size_t>(recv(client, heard_.data(), heard_.size(), 0)));
      }
      send(client, lines.data(), lines.size(), MSG_NOSIGNAL);
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
