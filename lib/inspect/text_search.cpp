#include "inspect/text_search.hpp"

#include "base/ascii.hpp"

namespace natto::text_search::detail {
namespace {

constexpr std::string_view kReverseZone = ".in-addr.arpa";
constexpr std::string_view kReverseLabels("\7in-addr\4arpa", 13);

/// Numbers with one and the same separator between them, as many as there are.
struct Row {
  std::size_t begin;
  std::size_t end;
  std::size_t count = 0;
  std::array<std::uint8_t, 6> numbers{};  ///< the first ones
  bool all_bytes = true;                  ///< each of them is a number up to 255
};

/// Reads a number at row.end.
void read_number(std::string_view bytes, Row& row) noexcept {
  const std::size_t begin = row.end;
  unsigned value = 0;
  while (row.end < bytes.size() && is_digit(bytes[row.end])) {
    if (row.end - begin < 3) {
      value = value * 10 + static_cast<unsigned>(bytes[row.end] - '0');
    }
    ++row.end;
  }
  const std::size_t digits = row.end - begin;
  row.all_bytes =
      row.all_bytes && digits <= 3 && value <= 255 && (digits == 1 || bytes[begin] != '0');
  if (row.count < row.numbers.size()) {
    row.numbers[row.count] = static_cast<std::uint8_t>(value);
  }
  ++row.count;
}

/// The row whose first separator is at `at`; of no numbers if it stands not between digits.
Row row_around(std::string_view bytes, std::size_t at) noexcept {
  const auto digit_at = [&](std::size_t i) { return i < bytes.size() && is_digit(bytes[i]); };
  Row row{.begin = at, .end = at + 1};
  if (at == 0 || !digit_at(at - 1) || !digit_at(at + 1)) {
    return row;
  }
  while (row.begin > 0 && is_digit(bytes[row.begin - 1])) {
    --row.begin;
  }
  row.end = row.begin;
  read_number(bytes, row);
  while (row.end < bytes.size() && bytes[row.end] == bytes[at] && digit_at(row.end + 1)) {
    ++row.end;
    read_number(bytes, row);
  }
  return row;
}

Ipv4Address address_of(const std::array<std::uint8_t, 6>& n) noexcept {
  return Ipv4Address::of(n[0], n[1], n[2], n[3]);
}

Ipv4Address reversed(const std::array<std::uint8_t, 6>& n) noexcept {
  return Ipv4Address::of(n[3], n[2], n[1], n[0]);
}

}  // namespace

Found look_at_dot(std::string_view bytes, std::size_t at) noexcept {
  const Row row = row_around(bytes, at);
  Found found{.go_on = row.end,
              .is_match = (row.count == 4 || row.count == 6) && row.all_bytes,
              .match = {}};
  if (!found.is_match) {
    return found;
  }
  const std::string_view rest = bytes.substr(row.end, kReverseZone.size());
  if (row.count == 6) {
    const bool open = row.end + rest.size() == bytes.size() && (rest.empty() || rest == ".");
    found.match = {address_of(row.numbers), row.begin, row.end, open};
    return found;
  }
  if (equals_lower(rest, kReverseZone)) {
    found.go_on += kReverseZone.size();
    found.match = {reversed(row.numbers), row.begin, found.go_on, false};
  } else {
    const bool open = row.end + rest.size() == bytes.size() &&
                      equals_lower(rest, kReverseZone.substr(0, rest.size()));
    found.match = {address_of(row.numbers), row.begin, row.end, open};
  }
  return found;
}

Found look_at_comma(std::string_view bytes, std::size_t at) noexcept {
  const Row row = row_around(bytes, at);
  const std::string_view rest = bytes.substr(row.end);
  return {.go_on = row.end,
          .is_match = row.count == 6 && row.all_bytes,
          .match = {address_of(row.numbers), row.begin, row.end, rest.empty() || rest == ","}};
}

Found look_at_label(std::string_view bytes, std::size_t at) noexcept {
  Found found{.go_on = at + 1, .is_match = false, .match = {}};
  if (!equals_lower(bytes.substr(at, kReverseLabels.size()), kReverseLabels)) {
    return found;
  }
  Row row{.begin = at, .end = at};
  for (std::size_t i = 4; i-- > 0;) {
    // The length of a label stands before it.
    std::size_t digits = 1;
    while (digits <= 3 && row.begin > digits && is_digit(bytes[row.begin - digits]) &&
           static_cast<std::size_t>(bytes[row.begin - digits - 1]) != digits) {
      ++digits;
    }
    if (digits > 3 || row.begin <= digits || !is_digit(bytes[row.begin - digits])) {
      return found;
    }
    Row number{.begin = row.begin - digits, .end = row.begin - digits};
    read_number(bytes.substr(0, row.begin), number);
    if (!number.all_bytes) {
      return found;
    }
    row.numbers[i] = number.numbers[0];
    row.begin -= digits + 1;
  }
  found.go_on = at + kReverseLabels.size();
  found.is_match = true;
  found.match = {reversed(row.numbers), row.begin, found.go_on, false};
  return found;
}

}  // namespace natto::text_search::detail
