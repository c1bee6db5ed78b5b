#pragma once

// What becomes of applications that write addresses into their payloads: the one table that `natto
// inspect` takes its advice from, and doc/applications.md is made of.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace natto {

/// What an application needs to work through natto.
enum class AppNeeds : std::uint8_t { kNothing, kSetting, kSomethingElse };

struct Application {
  std::string_view name;
  AppNeeds needs;
  std::string_view ports;   ///< by which it is known: "tcp 21 udp 69"
  std::string_view fields;  ///< and what Wireshark's names of its fields begin with: "ftp.passive"
  std::string_view words;   ///< and what its messages have in them, with bars between; after
                            ///< ^ what they begin with, where # stands for digits
  std::string_view as_it_comes;
  std::string_view advice;    ///< after "NAME: "; MAPPED and REAL stand for the addresses
  std::string_view rests_on;  ///< the test, or the document; Markdown
};

[[nodiscard]] std::span<const Application> applications();

/// By a field of Wireshark's. Index into applications().
[[nodiscard]] std::optional<std::size_t> application_by_field(std::string_view field);
/// By the words that a payload has.
[[nodiscard]] std::optional<std::size_t> application_by_words(std::string_view payload);
/// By the ports of a packet, either of which may be the server's.
[[nodiscard]] std::optional<std::size_t> application_by_ports(std::uint8_t protocol,
                                                              std::uint16_t source_port,
                                                              std::uint16_t destination_port);
/// The one of its ports by which it was found; else the lower one, which mostly is the server's.
[[nodiscard]] std::uint16_t servers_port(std::uint8_t protocol, std::uint16_t source_port,
                                         std::uint16_t destination_port);

/// The advice for an address that should be another one; of no application in general.
[[nodiscard]] std::string advice_of(std::optional<std::size_t> application, std::string_view real,
                                    std::string_view mapped);

/// The rows of doc/applications.md that need the same.
[[nodiscard]] std::string applications_markdown(AppNeeds needs);

}  // namespace natto
