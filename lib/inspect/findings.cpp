#include "inspect/findings.hpp"

#include <algorithm>

#include "inspect/applications.hpp"

namespace natto {
namespace {

/// A capture that was made for it must not fill memory.
constexpr std::size_t kMostFindings = 50'000;

const std::string kText = "text";

}  // namespace

void AddressFindings::next_capture() {
  ++capture_;
  counted_.clear();
}

void AddressFindings::add(const Sighting& sighting, std::span<const FieldValue> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Ipv4Address address = fields[i].address;
    const auto before = fields.first(i);
    if (std::ranges::find(before, address, &FieldValue::address) == before.end()) {
      add(sighting, address, fields[i].field);
      if (sighting.open == address) {
        counted_.emplace(sighting.frame, address);
      }
    }
  }
  for (const Ipv4Address address : sighting.texts) {
    const bool known =
        sighting.late ? counted_.erase({sighting.frame, address}) != 0
                      : std::ranges::find(fields, address, &FieldValue::address) != fields.end();
    if (!known) {
      add(sighting, address, nullptr);
    }
  }
}

void AddressFindings::add(const Sighting& sighting, Ipv4Address address, const std::string* field) {
  const auto by_field = field == nullptr ? std::nullopt : application_by_field(*field);
  if (by_field && applications()[*by_field].needs == AppNeeds::kNothing) {
    return;  // works as it comes
  }
  const auto told = border_.judge(sighting.ends, address);
  if (!told) {
    return;
  }
  const std::uint16_t port =
      servers_port(sighting.protocol, sighting.source_port, sighting.destination_port);
  const Key key{.capture = capture_,
                .protocol = sighting.protocol,
                .port = port,
                .sent_by = sighting.ends.sender.mapping,
                .read_by = sighting.ends.reader.mapping,
                .address = address};
  if (found_.size() >= kMostFindings && !found_.contains(key)) {
    incomplete_ = true;
    return;
  }
  AddressFinding& finding = found_[key];
  const bool is_first = finding.packets == 0;
  ++finding.packets;
  finding.frame = is_first ? sighting.frame : std::min(finding.frame, sighting.frame);
  finding.port = port;
  finding.mapping = told->mapping;
  finding.should_be = told->should_be;
  if (field != nullptr && (is_first || finding.field == kText)) {
    finding.field = *field;
    if (by_field) {
      finding.application = by_field;
    }
  } else if (is_first) {
    finding.field = kText;
  }
  if (!finding.application) {
    const auto by_ports =
        application_by_ports(sighting.protocol, sighting.source_port, sighting.destination_port);
    // What has no port of its own shares that of another: FTP's active mode.
    const bool by_words =
        sighting.application && applications()[*sighting.application].ports.empty();
    finding.application = by_ports && !by_words ? by_ports : sighting.application;
  }
}

std::vector<std::pair<AddressFindings::Key, AddressFinding>> AddressFindings::sorted() const {
  std::vector<std::pair<Key, AddressFinding>> all(found_.begin(), found_.end());
  std::ranges::stable_sort(
      all, {}, [](const auto& one) { return std::pair(one.first.capture, one.second.frame); });
  return all;
}

}  // namespace natto
