#pragma once

// Answers GET over HTTP/1.1, and nothing else, on a socket that listens. libmicrohttpd does the
// protocol; this is the one place that knows it.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/result.hpp"

struct MHD_Daemon;

namespace natto {

struct HttpRequest {
  std::string path;    ///< "/metrics"
  std::string accept;  ///< the header of that name, or empty
  std::string find;    ///< "?find=" of the address, or empty
};

struct HttpResponse {
  unsigned status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body = {};
};

class HttpServer {
 public:
  /// Answers one request; several threads at a time call it. Must not throw.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  /// Clients at a time, and seconds that one may be silent.
  static constexpr unsigned kMaxClients = 32;
  static constexpr unsigned kPatienceSeconds = 10;

  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(Descriptor listening,
                                                                 Handler handler);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  /// Waits for answers that are under way.
  ~HttpServer();

  [[nodiscard]] const Handler& handler() const { return handler_; }

 private:
  explicit HttpServer(Handler handler) : handler_(std::move(handler)) {}

  Handler handler_;
  Descriptor listening_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace natto
