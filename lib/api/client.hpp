#pragma once

// A client of a running natto's socket (doc/api.md).

#include <sys/un.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/messages.hpp"
#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace natto::api {

class Client {
 public:
  /// Longest silence that is waited out. A natto that works says so more often (Limits).
  static constexpr std::chrono::milliseconds kPatience{2'000};

  /// Called with what natto says while it works: "reading".
  using Progress = std::function<void(const std::string&)>;

  /// A report, and the line that it came in.
  template <typename Report>
  struct Received {
    Report report;
    std::string line;
  };

  /// To the socket at `path`; without one to that of the only natto that runs here. Errors say
  /// where it looked and what to do.
  [[nodiscard]] static Result<Client> connect(const std::optional<std::filesystem::path>& path,
                                              std::chrono::milliseconds patience = kPatience);
  /// To the only natto whose socket is in one of `folders`.
  [[nodiscard]] static Result<Client> find(const std::vector<std::filesystem::path>& folders,
                                           std::chrono::milliseconds patience = kPatience);

  /// The error is natto's own, or says what went wrong on the way.
  template <typename OneRequest, typename Report = typename OneRequest::Report>
  [[nodiscard]] Result<Received<Report>> request(const OneRequest& request,
                                                 const Progress& progress = {}) {
    send(to_line(Request(request)) + '\n');
    while (true) {
      Result<std::string> line = receive();
      if (!line) {
        return line.error();
      }
      Result<Reply<Report>> reply = parse_reply<Report>(*line);
      if (!reply) {
        return reply.error();
      }
      if (const auto* error = std::get_if<ErrorReport>(&*reply)) {
        return to_error(*error);
      }
      if (auto* report = std::get_if<Report>(&*reply)) {
        return Received<Report>{std::move(*report), *std::move(line)};
      }
      if (progress) {
        progress(std::get<ProgressReport>(*reply).progress);
      }
    }
  }

  /// Has `take` see the reports of what natto tells until that returns false, or natto says that it
  /// cannot.
  template <typename OneRequest>
  [[nodiscard]] Status follow(const OneRequest& request,
                              const std::function<bool(const typename OneRequest::Report&)>& take) {
    using Report = typename OneRequest::Report;
    send(to_line(Request(request)) + '\n');
    while (true) {
      Result<std::string> line = receive();
      if (!line) {
        return line.error();
      }
      const Result<Reply<Report>> reply = parse_reply<Report>(*line);
      if (!reply) {
        return reply.error();
      }
      if (const auto* error = std::get_if<ErrorReport>(&*reply)) {
        return to_error(*error);
      }
      const auto* report = std::get_if<Report>(&*reply);
      if (report != nullptr && !take(*report)) {
        return Done{};
      }
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  Client(std::filesystem::path place, std::chrono::milliseconds patience, Clock::time_point called);
  /// None: the socket is what a natto that was killed has left.
  [[nodiscard]] static Result<std::optional<Client>> open(const std::filesystem::path& path,
                                                          std::chrono::milliseconds patience,
                                                          Clock::time_point called);
  /// 0, or errno.
  [[nodiscard]] int connect_socket(const sockaddr_un& address);

  /// That natto does not read on shows when it is asked for its report: it may say why.
  void send(const std::string& text) const;
  /// The next line.
  [[nodiscard]] Result<std::string> receive();

  /// Until natto has been silent for too long.
  [[nodiscard]] std::chrono::milliseconds time_left() const;
  /// Waits for poll(2)'s `event`. False: natto has been silent for too long.
  [[nodiscard]] bool wait_for(short event) const;
  [[nodiscard]] Error no_answer() const;

  std::filesystem::path place_;
  std::chrono::milliseconds patience_;
  Descriptor socket_;
  std::string input_;
  /// When natto last gave a sign of life; before the first one, when one was first called.
  Clock::time_point heard_;
};

}  // namespace natto::api
