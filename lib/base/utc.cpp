#include "base/utc.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace natto {
namespace {

/// What is left out of a time, as it was from its beginning.
constexpr std::string_view kEarliest = "1970-01-01T00:00:00.000";

/// The digits at `at` of `text`, a number.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int number = 0;
  for (const char c : text.substr(at, digits)) {
    number = 10 * number + (c - '0');
  }
  return number;
}

/// Digits where `kEarliest` has digits, and all else as it has it.
bool has_its_shape(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::ranges::equal(text, kEarliest.substr(0, text.size()),
                            [&](char a, char b) { return is_digit(b) ? is_digit(a) : a == b; });
}

}  // namespace

std::string utc_text(WallTime time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)), ms.count() % 1000);
}

std::optional<WallTime> parse_utc(std::string_view text) {
  constexpr std::array<std::size_t, 6> kWholeLengths = {7, 10, 13, 16, 19, 23};
  if (text.ends_with('Z') && text.size() > kWholeLengths[1]) {
    text.remove_suffix(1);
  }
  if (std::ranges::find(kWholeLengths, text.size()) == kWholeLengths.end() ||
      !has_its_shape(text)) {
    return std::nullopt;
  }
  const std::string whole = std::string(text) + std::string(kEarliest.substr(text.size()));
  using namespace std::chrono;
  const year_month_day day{year(number_at(whole, 0, 4)),
                           month(static_cast<unsigned>(number_at(whole, 5, 2))),
                           std::chrono::day(static_cast<unsigned>(number_at(whole, 8, 2)))};
  const int hour = number_at(whole, 11, 2);
  const int minute = number_at(whole, 14, 2);
  const int second = number_at(whole, 17, 2);
  if (!day.ok() || day.year() < year(1970) || day.year() > year(2261) || hour > 23 || minute > 59 ||
      second > 59) {
    return std::nullopt;
  }
  return WallTime(sys_days(day).time_since_epoch() + hours(hour) + minutes(minute) +
                  seconds(second) + milliseconds(number_at(whole, 20, 3)));
}

}  // namespace natto
