#include "doctor/instance_metadata.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>

namespace natto {
namespace {

using Clock = std::chrono::steady_clock;

/// More than any response has.
constexpr std::size_t kMaxResponseBytes = 1 << 16;

struct Release {
  void operator()(CURL* curl) const noexcept { curl_easy_cleanup(curl); }
  void operator()(curl_slist* headers) const noexcept { curl_slist_free_all(headers); }
};
using Curl = std::unique_ptr<CURL, Release>;
using Headers = std::unique_ptr<curl_slist, Release>;

/// libcurl calls it with each piece of a body. Any other number than `bytes` ends the transfer.
std::size_t take_piece(const char* piece, std::size_t /*one*/, std::size_t bytes, void* body) {
  auto& text = *static_cast<std::string*>(body);
  if (bytes > kMaxResponseBytes - text.size()) {
    return CURL_WRITEFUNC_ERROR;
  }
  text.append(piece, bytes);
  return bytes;
}

/// The requests to the service, until a deadline.
class Session {
 public:
  explicit Session(const MetadataService& service)
      : service_(service), deadline_(Clock::now() + service.patience), curl_(curl_easy_init()) {}

  Status start() {
    if (!curl_) {
      return failed("libcurl has no memory");
    }
    // Nothing but the address itself may respond, whatever the environment says of proxies.
    curl_easy_setopt(curl_.get(), CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl_.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl_.get(), CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl_.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_.get(), CURLOPT_WRITEFUNCTION, take_piece);
    const Result<std::string> token =
        request("PUT", "api/token", "X-aws-ec2-metadata-token-ttl-seconds: 60");
    if (!token) {
      return token.error();
    }
    if (token->empty() || token->find_first_of("\r\n") != std::string::npos) {
      return failed("the session token is empty or of several lines");
    }
    token_ = *token;
    return Done{};
  }

  /// The words at `path`, one a line. None if the service knows no such path.
  Result<std::vector<std::string>> get(std::string_view path) {
    const Result<std::string> body =
        request("GET", path, fmt::format("X-aws-ec2-metadata-token: {}", token_));
    if (!body) {
      return body.error();
    }
    std::vector<std::string> words;
    std::istringstream in(*body);
    for (std::string word; in >> word;) {
      words.push_back(word);
    }
    return words;
  }

  [[nodiscard]] Error failed(std::string_view why) const {
    return system_error(
        fmt::format("instance metadata at {}: {}", to_string(service_.address), why));
  }

 private:
  /// The body of the response; empty where its status is 404.
  Result<std::string> request(const char* method, std::string_view path,
                              const std::string& header) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    const std::string url =
        fmt::format("http://{}:{}/latest/{}", to_string(service_.address), service_.port, path);
    const Headers headers(curl_slist_append(nullptr, header.c_str()));
    std::string body;
    curl_easy_setopt(curl_.get(), CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl_.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl_.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl_.get(), CURLOPT_WRITEDATA, &body);
    // 0 would be no limit.
    curl_easy_setopt(curl_.get(), CURLOPT_TIMEOUT_MS, std::max(1L, long{left.count()}));
    const CURLcode code = curl_easy_perform(curl_.get());
    if (code == CURLE_WRITE_ERROR) {
      return failed(fmt::format("the response is longer than {} bytes", kMaxResponseBytes));
    }
    if (code != CURLE_OK) {
      return failed(curl_easy_strerror(code));
    }
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status == 404) {
      return std::string();
    }
    if (status != 200) {
      return failed(fmt::format("HTTP status {}", status));
    }
    return body;
  }

  MetadataService service_;
  Clock::time_point deadline_;
  Curl curl_;
  std::string token_;
};

}  // namespace

Result<std::vector<Eni>> ask_instance_metadata(const MetadataService& service) {
  Session session(service);
  if (const Status status = session.start(); !status) {
    return status.error();
  }
  const std::string folder = "meta-data/network/interfaces/macs/";
  const auto macs = session.get(folder);
  if (!macs) {
    return macs.error();
  }
  std::vector<Eni> enis;
  for (const std::string& mac : *macs) {
    // Each ends in a slash.
    const auto of_eni = [&](std::string_view name) {
      return session.get(fmt::format("{}{}{}", folder, mac, name));
    };
    const auto id = of_eni("interface-id");
    const auto addresses = of_eni("local-ipv4s");
    const auto prefixes = of_eni("ipv4-prefix");
    const auto groups = of_eni("security-group-ids");
    for (const auto* answer : {&id, &addresses, &prefixes, &groups}) {
      if (!*answer) {
        return answer->error();
      }
    }
    if (id->size() != 1 || !is_aws_id(id->front()) || !std::ranges::all_of(*groups, is_aws_id)) {
      return session.failed("the ID of an interface or of a security group is malformed");
    }
    Eni eni{.id = id->front(), .security_groups = *groups};
    for (const auto* list : {&addresses, &prefixes}) {
      for (const std::string& text : **list) {
        if (const auto prefix = parse_ipv4_prefix(text)) {
          eni.owned.push_back(*prefix);
        }
      }
    }
    enis.push_back(std::move(eni));
  }
  return enis;
}

}  // namespace natto
