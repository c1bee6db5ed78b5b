#include "inspect/applications.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "inspect/application_list.hpp"
#include "packet/protocol_names.hpp"

namespace natto {
namespace {

/// Calls `take` with each part of `text` between separators until it returns true.
template <typename Take>
bool any_part(std::string_view text, char separator, const Take& take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (take(text.substr(0, end))) {
      return true;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

bool has_port(const Application& application, std::string_view protocol, std::uint16_t port) {
  bool of_protocol = false;
  return any_part(application.ports, ' ', [&](std::string_view part) {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc() || end != part.data() + part.size()) {
      of_protocol = part == protocol;
      return false;
    }
    return of_protocol && number == port;
  });
}

/// A # in `pattern` stands for one or more digits.
bool begins_with(std::string_view text, std::string_view pattern) {
  for (const char one : pattern) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::size_t length = one == '#' ? digits : text.starts_with(one) ? 1 : 0;
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

template <typename Is>
std::optional<std::size_t> find(const Is& is) {
  const auto* found = std::ranges::find_if(kApplications, is);
  return found == std::end(kApplications)
             ? std::nullopt
             : std::optional(static_cast<std::size_t>(found - std::begin(kApplications)));
}

std::optional<std::size_t> by_port(std::uint8_t protocol, std::uint16_t port) {
  if (port == 0) {
    return std::nullopt;
  }
  const std::string name = protocol_name(protocol);
  return find([&](const Application& one) { return has_port(one, name, port); });
}

std::string replaced(std::string text, std::string_view word, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += by.size()) {
    text.replace(at, word.size(), by);
  }
  return text;
}

}  // namespace

std::span<const Application> applications() { return kApplications; }

std::optional<std::size_t> application_by_field(std::string_view field) {
  return find([&](const Application& one) {
    return any_part(one.fields, ' ',
                    [&](std::string_view start) { return field.starts_with(start); });
  });
}

std::optional<std::size_t> application_by_words(std::string_view payload) {
  return find([&](const Application& one) {
    return any_part(one.words, '|', [&](std::string_view words) {
      return words.starts_with('^') ? begins_with(payload, words.substr(1))
                                    : payload.find(words) != std::string_view::npos;
    });
  });
}

std::optional<std::size_t> application_by_ports(std::uint8_t protocol, std::uint16_t source_port,
                                                std::uint16_t destination_port) {
  const auto found = by_port(protocol, std::min(source_port, destination_port));
  return found ? found : by_port(protocol, std::max(source_port, destination_port));
}

std::uint16_t servers_port(std::uint8_t protocol, std::uint16_t source_port,
                           std::uint16_t destination_port) {
  const std::uint16_t low = std::min(source_port, destination_port);
  const std::uint16_t high = std::max(source_port, destination_port);
  return !by_port(protocol, low) && by_port(protocol, high) ? high : low;
}

std::string advice_of(std::optional<std::size_t> application, std::string_view real,
                      std::string_view mapped) {
  const Application& known = application ? kApplications[*application] : kUnknownApplication;
  const std::string_view what = known.advice.empty() ? known.as_it_comes : known.advice;
  const std::string advice = replaced(std::string(what), "MAPPED", mapped);
  return fmt::format("{}: {}", known.name, replaced(advice, "REAL", real));
}

std::string applications_markdown(AppNeeds needs) {
  std::string text =
      needs == AppNeeds::kNothing ? "| what | as it comes | rests on |\n| --- | --- | --- |\n"
      : needs == AppNeeds::kSetting
          ? "| what | as it comes | with | rests on |\n| --- | --- | --- | --- |\n"
          : "| what | as it comes | instead | rests on |\n| --- | --- | --- | --- |\n";
  for (const Application& one : kApplications) {
    if (one.needs != needs) {
      continue;
    }
    text += needs == AppNeeds::kNothing
                ? fmt::format("| {} | {} | {} |\n", one.name, one.as_it_comes, one.rests_on)
                : fmt::format("| {} | {} | {} | {} |\n", one.name, one.as_it_comes, one.advice,
                              one.rests_on);
  }
  return text;
}

}  // namespace natto
