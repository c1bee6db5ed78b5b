#pragma once

// What was found in captures: which application tells the other side an address that it cannot
// reach.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "inspect/border.hpp"
#include "inspect/sealed.hpp"
#include "inspect/sighting.hpp"

namespace natto {

/// An address that Wireshark's dissectors found in a packet.
struct FieldValue {
  const std::string* field;  ///< "ftp.passive.ip"
  Ipv4Address address;
};

struct AddressFinding {
  std::uint64_t frame = 0;  ///< of the first packet
  std::uint64_t packets = 0;
  std::uint16_t port = 0;  ///< the server's, as far as that is known
  std::optional<std::size_t> application = {};
  std::string field = {};     ///< "text" where none of Wireshark's has it
  std::uint32_t mapping = 0;  ///< whose address it is
  Ipv4Address should_be = {};
};

/// One for each address that one mapping tells another, by protocol and port.
class AddressFindings {
 public:
  struct Key {
    std::size_t capture;
    std::uint8_t protocol;
    std::uint16_t port;
    std::uint32_t sent_by;
    std::uint32_t read_by;
    Ipv4Address address;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  explicit AddressFindings(Border& border) : border_(border) {}

  /// What follows is of another capture.
  void next_capture();
  /// In the packets' order.
  void add(const Sighting& sighting, std::span<const FieldValue> fields);

  /// By capture, then by first frame.
  [[nodiscard]] std::vector<std::pair<Key, AddressFinding>> sorted() const;
  [[nodiscard]] bool empty() const noexcept { return found_.empty(); }
  /// There were more than memory is kept for.
  [[nodiscard]] bool incomplete() const noexcept { return incomplete_; }

 private:
  void add(const Sighting& sighting, Ipv4Address address, const std::string* field);

  Border& border_;
  std::size_t capture_ = 0;
  std::map<Key, AddressFinding> found_;
  /// {Frame, address} that fields had and that text may have, too, once the next packet is known.
  std::set<std::pair<std::uint64_t, Ipv4Address>> counted_;
  bool incomplete_ = false;
};

/// All that a run of `natto inspect` says.
struct InspectReport {
  std::vector<std::string> captures;  ///< names, by AddressFindings::Key::capture
  std::uint64_t packets = 0;
  std::uint64_t between_mappings = 0;
  std::uint64_t cut_short = 0;  ///< of those, captured in part
  std::array<std::uint64_t, kSealedKinds> sealed{};
  bool fields_searched = false;       ///< in each packet between mappings
  std::vector<std::string> warnings;  ///< what was not looked at, and why

  /// That nothing was found says something.
  [[nodiscard]] bool complete() const noexcept {
    return fields_searched && cut_short == 0 && between_mappings != 0;
  }
};

/// For people: two lines for each finding, then what was looked at.
[[nodiscard]] std::string inspect_text(const InspectReport& report, const AddressFindings& findings,
                                       const Border& border);
/// One JSON object, in one line.
[[nodiscard]] std::string inspect_json(const InspectReport& report, const AddressFindings& findings,
                                       const Border& border);

}  // namespace natto
