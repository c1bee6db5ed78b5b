#pragma once

// The chain that the lines of an audit are: each has the SHA-256 of the one before it, without its
// line feed, and a number that is one higher. So a change to any line shows in the next; what
// became of the last ones shows only to who knows the newest line's hash from elsewhere.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sha256.hpp"

namespace natto {

/// A line's place in the chain; at first that of no line.
struct ChainPosition {
  std::uint64_t sequence = 0;
  std::string hash = std::string(64, '0');  ///< of the line

  friend bool operator==(const ChainPosition&, const ChainPosition&) = default;
};

struct ChainFinding {
  std::uint64_t line = 0;  ///< of the file, counted from 1
  std::string what = {};
};

/// Reads an audit line by line, and finds where the chain does not hold. One thread.
class ChainReader {
 public:
  /// The next line, without its line feed. False: it is no line of an audit.
  bool take(std::string_view line);
  /// What is behind the last line feed.
  void end(std::string_view tail);

  /// Of any one, without its line feed.
  [[nodiscard]] static bool is_line(std::string_view line);
  /// Of a line, without its line feed. None if it is no line of an audit.
  [[nodiscard]] static std::optional<ChainPosition> position_of(std::string_view line);

  /// Of the newest line that is one of an audit.
  [[nodiscard]] const ChainPosition& newest() const { return newest_.position; }
  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  /// What is wrong.
  [[nodiscard]] const std::vector<ChainFinding>& findings() const { return findings_; }
  /// What is not: broken tails that a later line names.
  [[nodiscard]] const std::vector<ChainFinding>& notes() const { return notes_; }

 private:
  struct Link;
  /// Lines that are none of an audit, with the line feeds between them.
  struct Stray {
    std::uint64_t first_line = 0;
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;
    Sha256 sum;

    void add(std::string_view line);
  };

  /// A line of an audit, and where it is.
  struct Known {
    ChainPosition position;
    std::uint64_t line = 0;
  };

  [[nodiscard]] bool names_stray(const Link& link);
  void judge(const Link& link, bool names_what_is_stray);
  void settle(bool next_fits);
  void find(std::uint64_t line, std::string what) { findings_.push_back({line, std::move(what)}); }

  std::uint64_t lines_ = 0;
  Known newest_;
  Known before_newest_;
  std::optional<Stray> stray_;  ///< behind the newest line
  Stray newest_and_stray_;      ///< from the newest line on
  /// A line whose `previous` is not the hash of the one before, and that one's number.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> unsure_;
  std::vector<ChainFinding> findings_;
  std::vector<ChainFinding> notes_;
};

}  // namespace natto
