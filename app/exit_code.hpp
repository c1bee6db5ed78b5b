#pragma once

#include "base/result.hpp"

/// How natto's programs end: doc/commands.md.
namespace natto::exit_code {

inline constexpr int kDone = 0;
inline constexpr int kInputWrong = 1;
inline constexpr int kUsage = 2;
inline constexpr int kSystemRefused = 3;
inline constexpr int kNotSent = 4;

[[nodiscard]] constexpr int of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInput:
      return kInputWrong;
    case ErrorKind::kUsage:
      return kUsage;
    case ErrorKind::kNotSent:
      return kNotSent;
    case ErrorKind::kSystem:
    case ErrorKind::kDenied:
    case ErrorKind::kInUse:
    case ErrorKind::kSilent:
      break;
  }
  return kSystemRefused;
}

}  // namespace natto::exit_code
