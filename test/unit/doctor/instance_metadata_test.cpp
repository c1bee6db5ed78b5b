#include "doctor/instance_metadata.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <map>
#include <thread>

namespace natto {
namespace {

/// A server on this host, of plain sockets, that responds to each connection's request as a test
/// says.
class FakeService {
 public:
  struct Response {
    std::string bytes;
    bool stays_open = false;  ///< silent from then on
  };
  using Manners = std::function<Response(const std::string& request)>;

  explicit FakeService(Manners manners) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, manners = std::move(manners)] { serve(manners); });
  }
  ~FakeService() {
    ending_ = true;
    thread_.join();
    close(listener_);
    for (const int client : open_) {
      close(client);
    }
  }

  [[nodiscard]] MetadataService service(std::chrono::milliseconds patience) const {
    return {.address = Ipv4Address::of(127, 0, 0, 1), .port = port_, .patience = patience};
  }

 private:
  void serve(const Manners& manners) {
    while (!ending_) {
      pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, 10) <= 0) {
        continue;
      }
      const int client = accept(listener_, nullptr, nullptr);
      char request[2048];
      const ssize_t got = recv(client, request, sizeof(request), 0);
      const Response response =
          manners(std::string(request, static_cast<std::size_t>(std::max<ssize_t>(got, 0))));
      send(client, response.bytes.data(), response.bytes.size(), MSG_NOSIGNAL);
      if (response.stays_open) {
        open_.push_back(client);
      } else {
        close(client);
      }
    }
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_ = false;
  std::vector<int> open_;
  std::thread thread_;
};

using Response = FakeService::Response;

constexpr std::chrono::milliseconds kShort{300};
/// Whatever else the machine does.
constexpr std::chrono::seconds kLong{30};

Response http(std::string_view body, std::string_view status = "200 OK") {
  return {"HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\n\r\n" + std::string(body)};
}

constexpr std::string_view kToken = "AQAEAL-token==";

/// Two interfaces, as IMDSv2 has them; it refuses a request without the token.
Response imds(const std::string& request) {
  if (request.starts_with("PUT /latest/api/token HTTP/1.1\r\n") &&
      request.find("\r\nX-aws-ec2-metadata-token-ttl-seconds: ") != std::string::npos) {
    return http(kToken);
  }
  if (request.find("\r\nX-aws-ec2-metadata-token: " + std::string(kToken) + "\r\n") ==
      std::string::npos) {
    return http("", "401 Unauthorized");
  }
  const std::string macs = "/latest/meta-data/network/interfaces/macs/";
  const std::map<std::string, std::string> answers = {
      {macs, "02:00:00:00:00:01/\n02:00:00:00:00:02/"},
      {macs + "02:00:00:00:00:01/interface-id", "eni-1"},
      {macs + "02:00:00:00:00:01/local-ipv4s", "10.33.1.124\n10.33.1.145"},
      {macs + "02:00:00:00:00:01/ipv4-prefix", "10.33.1.16/28"},
      {macs + "02:00:00:00:00:01/security-group-ids", "sg-1\nsg-2"},
      {macs + "02:00:00:00:00:02/interface-id", "eni-2"},
      {macs + "02:00:00:00:00:02/local-ipv4s", "10.33.1.126"},
      {macs + "02:00:00:00:00:02/security-group-ids", "sg-1"},
  };
  const std::size_t path = request.find(' ') + 1;
  const auto answer = answers.find(request.substr(path, request.find(' ', path) - path));
  return answer != answers.end() ? http(answer->second) : http("not found", "404 Not Found");
}

std::string failure(const FakeService::Manners& manners,
                    std::chrono::milliseconds patience = kLong) {
  const FakeService fake(manners);
  const auto enis = ask_instance_metadata(fake.service(patience));
  EXPECT_FALSE(enis.ok());
  return enis.ok() ? "" : enis.error().message;
}

TEST(DoctorInstanceMetadata, TheInterfacesOfTheInstance) {
  const FakeService fake(imds);
  const auto enis = ask_instance_metadata(fake.service(kLong));
  ASSERT_TRUE(enis.ok()) << enis.error().message;
  ASSERT_EQ(enis->size(), 2U);
  const Eni& eni = enis->at(0);
  EXPECT_EQ(eni.id, "eni-1");
  EXPECT_TRUE(eni.owns(Ipv4Address::of(10, 33, 1, 145)));
  EXPECT_TRUE(eni.owns(Ipv4Address::of(10, 33, 1, 17)));
  EXPECT_EQ(eni.source_dest_check, std::nullopt);
  EXPECT_EQ(eni.security_groups, (std::vector<std::string>{"sg-1", "sg-2"}));
  EXPECT_EQ(enis->at(1).owned.size(), 1U) << "it has no prefix";
}

TEST(DoctorInstanceMetadata, NobodyListens) {
  MetadataService service;
  {
    const FakeService gone(imds);
    service = gone.service(kLong);
  }
  const auto enis = ask_instance_metadata(service);
  ASSERT_FALSE(enis.ok());
  EXPECT_TRUE(enis.error().message.starts_with("instance metadata at 127.0.0.1: "));
}

TEST(DoctorInstanceMetadata, SilenceEnds) {
  for (const std::string half :
       {"", "HT", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nAQAE"}) {
    EXPECT_NE(failure(
                  [&half](const std::string&) {
                    return Response{half, true};
                  },
                  kShort),
              "")
        << half;
  }
}

TEST(DoctorInstanceMetadata, TheDeadlineIsThatOfAllRequestsTogether) {
  const std::string macs = "/latest/meta-data/network/interfaces/macs/";
  const FakeService fake([&macs](const std::string& request) {
    if (request.starts_with("GET " + macs + " ")) {
      std::string many;
      for (int i = 0; i < 200; ++i) {
        many += "02:00:00:00:00:01/\n";
      }
      return http(many);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return imds(request);
  });
  EXPECT_FALSE(ask_instance_metadata(fake.service(kShort)).ok());
}

TEST(DoctorInstanceMetadata, Refusals) {
  EXPECT_EQ(failure([](const std::string&) { return http("", "403 Forbidden"); }),
            "instance metadata at 127.0.0.1: HTTP status 403");
  EXPECT_NE(failure([](const std::string&) { return http("no token", "404 Not Found"); }), "");
  const std::string long_body(100'000, 'x');
  EXPECT_NE(failure([&](const std::string&) { return http(long_body); }).find("longer than"),
            std::string::npos);
  EXPECT_NE(failure([&](const std::string&) {
              return Response{"HTTP/1.1 200 OK\r\n\r\n" + long_body};
            }).find("longer than"),
            std::string::npos)
      << "of no announced length";
}

TEST(DoctorInstanceMetadata, HalfAResponse) {
  EXPECT_NE(failure([](const std::string& request) {
              return request.find("interface-id") != std::string::npos
                         ? Response{"HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\neni-0"}
                         : imds(request);
            }),
            "");
}

TEST(DoctorInstanceMetadata, FollowsNoRedirect) {
  const FakeService elsewhere(imds);
  const std::string there = "http://127.0.0.1:" + std::to_string(elsewhere.service(kLong).port);
  EXPECT_EQ(failure([&there](const std::string& request) {
              const std::size_t path = request.find(' ') + 1;
              return Response{"HTTP/1.1 307 Temporary Redirect\r\nLocation: " + there +
                              request.substr(path, request.find(' ', path) - path) +
                              "\r\nContent-Length: 0\r\n\r\n"};
            }),
            "instance metadata at 127.0.0.1: HTTP status 307");
}

TEST(DoctorInstanceMetadata, AsksNoProxy) {
  const FakeService fake(imds);
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("all_proxy", "http://127.0.0.1:1", 1);
  const auto enis = ask_instance_metadata(fake.service(kLong));
  unsetenv("http_proxy");
  unsetenv("all_proxy");
  EXPECT_TRUE(enis.ok()) << enis.error().message;
}

TEST(DoctorInstanceMetadata, Nonsense) {
  for (const std::string& nonsense :
       {std::string("\0\xff", 2), std::string("HTTP/1.1"), std::string("HTTP/1.1 200 OK\r\n"),
        std::string("\r\n\r\n"), std::string("HTTP/1.1\r\n\r\n"), http("").bytes,
        http("a\r\nb").bytes}) {
    EXPECT_NE(failure([&nonsense](const std::string&) { return Response{nonsense}; }), "")
        << nonsense;
  }
  const auto hostile_name = [](const std::string& request) {
    return request.find("interface-id") != std::string::npos ? http("\x1b[31m") : imds(request);
  };
  EXPECT_NE(failure(hostile_name).find("malformed"), std::string::npos);
}

}  // namespace
}  // namespace natto
