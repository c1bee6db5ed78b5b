#pragma once

// Results of work that can fail, for everything but the packet path (which returns verdicts).

#include <cassert>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>

namespace natto {

/// Who has to act: it decides the program's exit code (2, 1, 3, 3, 3, 3 and 4).
enum class ErrorKind {
  kUsage,    ///< what was asked makes no sense
  kInput,    ///< a file or an argument is wrong
  kSystem,   ///< the machine refused: memory, device, permission
  kDenied,   ///< the user has no right to it
  kInUse,    ///< another process has it
  kSilent,   ///< a process that should answer does not
  kNotSent,  ///< nothing went wrong: the packet that was asked about is not sent
};

/// What went wrong, where, and what to do about it, as text for the user (may be several lines;
/// empty if the user has read it already).
struct Error {
  ErrorKind kind = ErrorKind::kInput;
  std::string message;

  /// The first line: what went wrong.
  [[nodiscard]] std::string what() const { return line_at(0); }
  /// The next line that is not empty: what to do. Empty without one.
  [[nodiscard]] std::string advice() const {
    return line_at(message.find_first_not_of(" \n", message.find('\n')));
  }

 private:
  [[nodiscard]] std::string line_at(std::size_t begin) const {
    return begin == std::string::npos ? ""
                                      : message.substr(begin, message.find('\n', begin) - begin);
  }
};

[[nodiscard]] inline Error input_error(std::string message) {
  return {ErrorKind::kInput, std::move(message)};
}
[[nodiscard]] inline Error system_error(std::string message) {
  return {ErrorKind::kSystem, std::move(message)};
}

/// A value or an Error (g++ 12 has no std::expected).
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const noexcept { return std::holds_alternative<T>(state_); }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] T& value() & {
    assert(ok());
    return *std::get_if<T>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    assert(ok());
    return *std::get_if<T>(&state_);
  }
  [[nodiscard]] T&& value() && {
    assert(ok());
    return std::move(*std::get_if<T>(&state_));
  }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const {
    assert(!ok());
    return *std::get_if<Error>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value.
struct Done {};
using Status = Result<Done>;

}  // namespace natto
