#include "inspect/border.hpp"

#include <algorithm>
#include <bit>

namespace natto {
namespace {

/// More cannot come of honest traffic, and a capture must not fill memory.
constexpr std::size_t kMostFirstWords = 65'536;

/// Bits that two addresses have in common from the left.
int nearness(Ipv4Address a, Ipv4Address b) { return std::countl_zero(a.host() ^ b.host()); }

}  // namespace

Border::Border(const std::vector<Mapping>& mappings, std::vector<std::string> realms)
    : mappings_(mappings), realms_(std::move(realms)) {
  for (std::uint32_t i = 0; i < mappings_.size(); ++i) {
    real_.add(mappings_[i].realm, mappings_[i].real, i);
    mapped_.push_back({mappings_[i].mapped, i});
  }
  real_.sort();
  std::ranges::sort(mapped_, {}, [](const Mapped& one) { return one.prefix.first(); });
}

std::optional<End> Border::by_real(RealmId realm, Ipv4Address address) const {
  const auto found = real_.within(realm, {address, 32});
  return found.empty() ? std::nullopt : std::optional(End{found.front().mapping, address});
}

std::optional<End> Border::by_mapped(Ipv4Address address) const {
  const auto found = std::ranges::lower_bound(mapped_, address, {},
                                              [](const Mapped& one) { return one.prefix.last(); });
  if (found == mapped_.end() || !found->prefix.contains(address)) {
    return std::nullopt;
  }
  return End{found->mapping, mappings_[found->mapping].real.with_host_bits_of(address)};
}

bool Border::is_real(Ipv4Address address) const {
  for (RealmId realm = 0; realm < realms_.size(); ++realm) {
    if (by_real(realm, address)) {
      return true;
    }
  }
  return false;
}

std::optional<Ends> Border::ends_of(Ipv4Address source, Ipv4Address destination,
                                    std::string_view realm) const {
  if (const auto reader = by_mapped(destination)) {
    if (const auto sender = real_peer_of(*reader, source, realm)) {
      return Ends{sender->end, *reader, sender->certain};
    }
  }
  if (const auto sender = by_mapped(source)) {
    if (const auto reader = real_peer_of(*sender, destination, realm)) {
      return Ends{*sender, reader->end, reader->certain};
    }
  }
  return std::nullopt;
}

std::optional<Border::Peer> Border::real_peer_of(const End& other, Ipv4Address address,
                                                 std::string_view realm) const {
  const RealmId others = mappings_[other.mapping].realm;
  std::optional<Peer> found;
  for (RealmId id = 0; id < realms_.size(); ++id) {
    if (realm.empty() ? id == others : realms_[id] != realm) {
      continue;
    }
    if (const auto end = by_real(id, address)) {
      found = found ? Peer{found->end, false} : Peer{*end, true};
    }
  }
  if (found || !realm.empty()) {
    return found;
  }
  // Its own side, by the mapped address: one-arm, or a hairpin.
  const auto own = by_real(others, address);
  return own ? std::optional(Peer{*own, true}) : std::nullopt;
}

/// Whether `address` is the mapped one of somebody whom the sender may mean. It does not mean
/// another if the address is its own, unless it tells the reader the reader's.
bool Border::is_known_as_mapped(const Ends& ends, Ipv4Address address) const {
  const auto mapped = by_mapped(address);
  return mapped && (address != ends.sender.real || mapped->mapping == ends.reader.mapping);
}

std::optional<ToldAddress> Border::judge(const Ends& ends, Ipv4Address address) {
  if (is_known_as_mapped(ends, address)) {
    return std::nullopt;  // of use to all
  }
  const auto found = owner(ends, address);
  if (!found) {
    return std::nullopt;
  }
  const Mapping& mapping = mappings_[found->mapping];
  return ToldAddress{found->mapping, mapping.mapped.with_host_bits_of(address)};
}

/// Who has `address`, as the sender means it; none if the reader reaches it.
std::optional<End> Border::owner(const Ends& ends, Ipv4Address address) {
  const RealmId senders = mappings_[ends.sender.mapping].realm;
  const RealmId readers = mappings_[ends.reader.mapping].realm;
  if (realms_.size() == 1) {
    return owner_in_one_realm(ends, address);
  }
  const auto of_sender = senders == readers ? std::nullopt : by_real(senders, address);
  if (by_real(readers, address)) {
    return of_sender && senders_by_first_word(ends, address) ? of_sender : std::nullopt;
  }
  if (of_sender) {
    return of_sender;
  }
  for (RealmId realm = 0; realm < realms_.size(); ++realm) {
    if (const auto end = by_real(realm, address)) {
      return end;
    }
  }
  return std::nullopt;
}

/// Both companies are behind one port: the realm does not tell whose address it is.
std::optional<End> Border::owner_in_one_realm(const Ends& ends, Ipv4Address address) {
  const auto found = by_real(0, address);
  if (!found || found->mapping == ends.reader.mapping) {
    return std::nullopt;
  }
  if (found->mapping == ends.sender.mapping) {
    return found;
  }
  const int to_sender = nearness(address, ends.sender.real);
  const int to_reader = nearness(address, ends.reader.real);
  const bool is_senders =
      to_sender == to_reader ? senders_by_first_word(ends, address) : to_sender > to_reader;
  return is_senders ? found : std::nullopt;
}

/// Whether an address that both sides may have is the sender's: a host that says its own means
/// itself, of any other it is believed who told it first.
bool Border::senders_by_first_word(const Ends& ends, Ipv4Address address) {
  const bool own = address == ends.sender.real;
  if (own != (address == ends.reader.real)) {
    return own;
  }
  const Word word{.low = std::min(ends.sender.mapping, ends.reader.mapping),
                  .high = std::max(ends.sender.mapping, ends.reader.mapping),
                  .address = address.host()};
  const auto known = first_words_.find(word);
  if (known != first_words_.end()) {
    return known->second == ends.sender.mapping;
  }
  if (first_words_.size() < kMostFirstWords) {
    first_words_.emplace(word, ends.sender.mapping);
  }
  return true;
}

std::size_t Border::WordHash::operator()(const Word& word) const noexcept {
  constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;
  const std::uint64_t pair = std::uint64_t{word.low} << 32U | word.high;
  return ((pair * kMix) ^ word.address) * kMix >> 16U;
}

}  // namespace natto
