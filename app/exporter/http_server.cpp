#include "exporter/http_server.hpp"

#include <microhttpd.h>

#include <cstring>
#include <utility>

namespace natto {
namespace {

constexpr unsigned kThreads = 4;

// The page is one file that says all it needs, and nobody else is to be asked for anything.
constexpr std::pair<const char*, const char*> kHeaders[] = {
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
     "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
     "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
};

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

MHD_Result send(MHD_Connection* connection, const HttpResponse& response) {
  MHD_Response* made = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (made == nullptr) {
    return MHD_NO;
  }
  MHD_add_response_header(made, "Content-Type", std::string(response.content_type).c_str());
  for (const auto& [name, value] : kHeaders) {
    MHD_add_response_header(made, name, value);
  }
  const MHD_Result result = MHD_queue_response(connection, response.status, made);
  MHD_destroy_response(made);
  return result;
}

MHD_Result answer(void* server, MHD_Connection* connection, const char* path, const char* method,
                  const char* /*version*/, const char* /*upload*/, std::size_t* upload_size,
                  void** state) {
  // The first call comes before the request's body, which GET has none of.
  static int seen = 0;
  if (*state == nullptr) {
    *state = &seen;
    return MHD_YES;
  }
  if (*upload_size != 0) {
    *upload_size = 0;
    return MHD_YES;
  }
  if (std::strcmp(method, "GET") != 0 && std::strcmp(method, "HEAD") != 0) {
    return send(connection, {.status = 405, .body = "only GET\n"});
  }
  const auto value = [connection](MHD_ValueKind kind, const char* key) {
    return text_or_empty(MHD_lookup_connection_value(connection, kind, key));
  };
  return send(connection, static_cast<const HttpServer*>(server)->handler()(
                              {.path = path,
                               .accept = value(MHD_HEADER_KIND, "Accept"),
                               .find = value(MHD_GET_ARGUMENT_KIND, "find")}));
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(Descriptor listening, Handler handler) {
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(handler)));
  server->daemon_ = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr, answer, server.get(),
      MHD_OPTION_LISTEN_SOCKET, listening.get(), MHD_OPTION_THREAD_POOL_SIZE, kThreads,
      MHD_OPTION_CONNECTION_LIMIT, kMaxClients, MHD_OPTION_CONNECTION_TIMEOUT, kPatienceSeconds,
      MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    return system_error("cannot start the HTTP server: too few threads or descriptors");
  }
  server->listening_ = std::move(listening);
  return server;
}

HttpServer::~HttpServer() {
  if (daemon_ != nullptr) {
    MHD_quiesce_daemon(daemon_);  // gives the socket back, to be closed here
    MHD_stop_daemon(daemon_);
  }
}

}  // namespace natto
