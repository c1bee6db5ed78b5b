#include "audit/chain.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "audit/event.hpp"

namespace natto {
namespace {

using ChainJson = nlohmann::json;

bool has_number(const ChainJson& line, const char* key) {
  return line.contains(key) && line[key].is_number_unsigned();
}

bool has_text(const ChainJson& line, const char* key) {
  return line.contains(key) && line[key].is_string();
}

}  // namespace

/// A line of an audit, as far as the chain is concerned.
struct ChainReader::Link {
  std::uint64_t sequence = 0;
  std::string previous;
  // Of a line that names a broken tail.
  std::optional<std::uint64_t> bytes;
  std::string sha256 = {};

  [[nodiscard]] static std::optional<Link> of(std::string_view text) {
    const ChainJson line = ChainJson::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!line.is_object() || !has_number(line, "sequence") || !has_text(line, "previous") ||
        !has_text(line, "event")) {
      return std::nullopt;
    }
    Link link{line["sequence"].get<std::uint64_t>(), line["previous"].get<std::string>(), {}};
    if (line["event"] == info(AuditKind::kBrokenTail).name && has_number(line, "bytes") &&
        has_text(line, "sha256")) {
      link.bytes = line["bytes"].get<std::uint64_t>();
      link.sha256 = line["sha256"].get<std::string>();
    }
    return link;
  }

  /// Whether it says that `stray` is a broken tail behind `newest`.
  [[nodiscard]] bool names(const Stray& stray, const Known& newest) const {
    return stray.lines > 0 && bytes == stray.bytes && sha256 == stray.sum.hex() &&
           sequence == newest.position.sequence + 1;
  }
};

std::optional<ChainPosition> ChainReader::position_of(std::string_view line) {
  const std::optional<Link> link = Link::of(line);
  return link ? std::optional(ChainPosition{link->sequence, sha256_hex(line)}) : std::nullopt;
}

bool ChainReader::is_line(std::string_view line) { return Link::of(line).has_value(); }

void ChainReader::Stray::add(std::string_view line) {
  if (lines++ > 0) {
    sum.add("\n");
    ++bytes;
  }
  sum.add(line);
  bytes += line.size();
}

bool ChainReader::take(std::string_view line) {
  ++lines_;
  const std::optional<Link> link = Link::of(line);
  if (!link) {
    if (!stray_) {
      stray_ = Stray();
      stray_->first_line = lines_;
    }
    stray_->add(line);
    newest_and_stray_.add(line);
    return false;
  }
  const bool names_what_is_stray = names_stray(*link);
  judge(*link, names_what_is_stray);
  before_newest_ = std::exchange(newest_, {{link->sequence, sha256_hex(line)}, lines_});
  stray_.reset();
  newest_and_stray_ = {};
  newest_and_stray_.first_line = lines_;
  newest_and_stray_.add(line);
  return true;
}

/// Whether `link` is that of a line that rightly says that what is before it was broken off.
bool ChainReader::names_stray(const Link& link) {
  const Stray* named = nullptr;
  if (stray_ && link.names(*stray_, newest_)) {
    named = &*stray_;
  } else if (link.names(newest_and_stray_, before_newest_)) {
    // A line that lacked nothing but its line feed was taken for whole.
    if (unsure_ && unsure_->first == newest_.line) {
      unsure_.reset();
    }
    newest_ = before_newest_;
    named = &newest_and_stray_;
  }
  if (named != nullptr) {
    notes_.push_back({named->first_line,
                      fmt::format("{} bytes that were not written to their end; line {} says so",
                                  named->bytes, lines_)});
  }
  return named != nullptr;
}

/// A line of an audit, by what it says of the one before.
void ChainReader::judge(const Link& link, bool names_what_is_stray) {
  const bool fits = link.previous == newest_.position.hash;
  const std::uint64_t due = newest_.position.sequence + 1;
  settle(fits);
  if (stray_ && !names_what_is_stray) {
    find(stray_->first_line, fits ? "is no line of an audit: it was put in"
                                  : "is no line of an audit: it was changed or put in");
  } else if (link.sequence > due) {
    find(lines_, fmt::format("has sequence {} where {} is due: lines before it are missing, or it "
                             "is not where it was",
                             link.sequence, due));
  } else if (link.sequence < due) {
    find(lines_, fmt::format("has sequence {} where {} is due: it was changed, put in, or is not "
                             "where it was",
                             link.sequence, due));
  } else if (link.bytes && !names_what_is_stray) {
    find(lines_, "names a broken line that is not before it: it was removed");
  } else if (!fits) {
    unsure_ = {lines_, newest_.line};
  }
}

/// Which of two lines was changed is known from the one after them.
void ChainReader::settle(bool next_fits) {
  if (const auto lines = std::exchange(unsure_, std::nullopt)) {
    const auto [line, before] = *lines;
    find(next_fits && before > 0 ? before : line, "was changed");
  }
}

void ChainReader::end(std::string_view tail) {
  if (!tail.empty()) {
    ++lines_;
  }
  if (const auto lines = std::exchange(unsure_, std::nullopt)) {
    const auto [line, before] = *lines;
    find(before > 0 ? before : line,
         before > 0 ? fmt::format("was changed, or line {} was", line) : "was changed");
  }
  if (stray_) {
    find(stray_->first_line, "is no line of an audit: it was changed or put in");
  }
  if (!tail.empty()) {
    find(lines_,
         fmt::format("is broken off after {} bytes: natto was killed or the disk was full while it "
                     "was written, or it was changed. A natto that starts says so in the next line",
                     tail.size()));
  }
}

}  // namespace natto
