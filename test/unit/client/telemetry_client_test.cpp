#include "client/telemetry_client.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <thread>

namespace natto {
namespace {

/// A server that greets its first client and then does what the test says with the socket.
class FakeNatto {
 public:
  using Manners = std::function<void(int client)>;

  explicit FakeNatto(Manners manners, std::string greeting = "{\"pid\":1}") {
    std::string name = (std::filesystem::temp_directory_path() / "natto-client-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    listener_ = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    thread_ = std::thread([this, manners = std::move(manners), greeting = std::move(greeting)] {
      const int client = accept(listener_, nullptr, nullptr);
      send(client, greeting.data(), greeting.size(), MSG_NOSIGNAL);
      manners(client);
      close(client);
    });
  }
  ~FakeNatto() {
    thread_.join();
    close(listener_);
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::filesystem::path path() const { return folder_ / "socket"; }

 private:
  std::filesystem::path folder_;
  int listener_;
  std::thread thread_;
};

std::string hear(int client) {
  std::string question(1024, '\0');
  question.resize(static_cast<std::size_t>(
      std::max<ssize_t>(0, recv(client, question.data(), question.size(), 0))));
  return question;
}

FakeNatto::Manners say(std::string answer) {
  return [answer = std::move(answer)](int client) {
    hear(client);
    send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
  };
}

Result<nlohmann::ordered_json> asked(FakeNatto::Manners manners) {
  const FakeNatto natto(std::move(manners));
  const Result<TelemetryClient> client = TelemetryClient::connect(natto.path());
  EXPECT_TRUE(client.ok());
  return client->ask("/natto/table");
}

TEST(TelemetryClient, AsksWithParametersAndUnwrapsTheAnswer) {
  std::string question;
  const FakeNatto natto([&question](int client) {
    question = hear(client);
    const std::string answer = "{\"/natto/mappings\":{\"end\":1}}";
    send(client, answer.data(), answer.size(), 0);
  });
  const auto client = TelemetryClient::connect(natto.path());
  ASSERT_TRUE(client.ok());
  EXPECT_EQ(client->ask("/natto/mappings", "0,a,b").value()["end"], 1);
  EXPECT_EQ(question, "/natto/mappings,0,a,b");
}

TEST(TelemetryClient, AnswersThatMakeNoSenseAreErrors) {
  for (const char* nonsense : {"", "{", "3", "[]", "{}", "{\"/natto/other\":1}", "\xff\xfe"}) {
    const auto answer = asked(say(nonsense));
    ASSERT_FALSE(answer.ok()) << nonsense;
    EXPECT_EQ(answer.error().kind, ErrorKind::kSystem) << nonsense;
  }
}

TEST(TelemetryClient, NullIsSaidToBeAWrongQuestion) {
  const auto answer = asked(say("{\"/natto/table\":null}"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::kInput);
  EXPECT_NE(answer.error().message.find("/natto/table"), std::string::npos);
}

TEST(TelemetryClient, AServerThatDiesIsAnError) {
  const auto answer = asked([](int) {});
  ASSERT_FALSE(answer.ok());
  EXPECT_NE(answer.error().message.find("closed the connection"), std::string::npos);
}

TEST(TelemetryClient, AServerThatGreetsNobodyIsFull) {
  const FakeNatto natto([](int) {}, "");
  const auto client = TelemetryClient::connect(natto.path());
  ASSERT_FALSE(client.ok());
}

TEST(TelemetryClient, NobodyAtTheSocketIsNamed) {
  const auto client = TelemetryClient::connect("/nowhere/socket");
  ASSERT_FALSE(client.ok());
  EXPECT_NE(client.error().message.find("/nowhere/socket"), std::string::npos);
  EXPECT_FALSE(TelemetryClient::connect(std::string(200, 'x')).ok());
}

TEST(TelemetryClient, FindsTheSocketsOfNattosOnly) {
  const FakeNatto natto([](int) {});
  const std::filesystem::path folder = natto.path().parent_path();
  for (const char* name : {"natto-1", "natto-2", "other-3"}) {
    std::filesystem::create_directory(folder / name);
  }
  std::filesystem::create_hard_link(natto.path(), folder / "natto-1" / "dpdk_telemetry.v2");
  std::filesystem::create_hard_link(natto.path(), folder / "other-3" / "dpdk_telemetry.v2");
  std::ofstream(folder / "natto-2" / "dpdk_telemetry.v2") << "no socket";
  EXPECT_EQ(natto_sockets({folder}), std::vector{folder / "natto-1" / "dpdk_telemetry.v2"});
  EXPECT_TRUE(natto_sockets({"/nowhere"}).empty());
  EXPECT_TRUE(TelemetryClient::connect(natto.path()).ok());
}

TEST(TelemetryClient, LooksWhereTheServiceKeepsItsSocket) {
  using Folders = std::vector<std::filesystem::path>;
  unsetenv("RUNTIME_DIRECTORY");
  setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
  const std::filesystem::path own = geteuid() == 0 ? "/var/run/dpdk" : "/run/user/1000/dpdk";
  EXPECT_EQ(dpdk_runtime_folders(), (Folders{own, "/run/natto/dpdk"}));
  // In the service itself: `natto reload` of ExecReload.
  setenv("RUNTIME_DIRECTORY", "/run/natto", 1);
  EXPECT_EQ(dpdk_runtime_folders(), Folders{"/run/natto/dpdk"});
  unsetenv("RUNTIME_DIRECTORY");
  unsetenv("XDG_RUNTIME_DIR");
}

}  // namespace
}  // namespace natto
