#pragma once

// Who may use which address: the two ends of a packet, wherever on its way it was captured, and
// whether a real address that one tells the other is of use to it.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.hpp"
#include "base/realm.hpp"
#include "table/mapping.hpp"
#include "table/real_addresses.hpp"

namespace natto {

/// A host at one end of a conversation.
struct End {
  std::uint32_t mapping;  ///< its place in the table
  Ipv4Address real;
  friend bool operator==(const End&, const End&) = default;
};

/// Of a packet that passes natto.
struct Ends {
  End sender;
  End reader;
  /// No other realm has the same real address. Else the end that has it may be another.
  bool certain = true;
  friend bool operator==(const Ends&, const Ends&) = default;
};

/// A real address that was told to somebody who has to use the mapped one.
struct ToldAddress {
  std::uint32_t mapping;  ///< whose it is
  Ipv4Address should_be;
};

class Border {
 public:
  /// `realms` are the names of the ports' realms, by RealmId.
  Border(const std::vector<Mapping>& mappings, std::vector<std::string> realms);

  /// The ends of a packet between two mappings, before or behind natto: one address is mapped, the
  /// other real. `realm`: where these addresses hold, if the capture says so; else empty. Where
  /// several realms have the real one, it is taken for that of the first other than the peer's.
  [[nodiscard]] std::optional<Ends> ends_of(Ipv4Address source, Ipv4Address destination,
                                            std::string_view realm) const;

  /// Whether `address`, which the sender tells the reader, is real and should be mapped. Where both
  /// sides may have it, it is of the side that told it first: call it in the packets' order.
  [[nodiscard]] std::optional<ToldAddress> judge(const Ends& ends, Ipv4Address address);

  /// Whether any mapping has `address` for a real one: none else is worth a judgement.
  [[nodiscard]] bool is_real(Ipv4Address address) const;

  [[nodiscard]] const Mapping& mapping(std::uint32_t index) const { return mappings_[index]; }

 private:
  struct Mapped {
    Ipv4Prefix prefix;
    std::uint32_t mapping;
  };

  [[nodiscard]] std::optional<End> by_real(RealmId realm, Ipv4Address address) const;
  [[nodiscard]] std::optional<End> by_mapped(Ipv4Address address) const;
  struct Peer {
    End end;
    bool certain;
  };
  [[nodiscard]] std::optional<Peer> real_peer_of(const End& other, Ipv4Address address,
                                                 std::string_view realm) const;
  [[nodiscard]] bool is_known_as_mapped(const Ends& ends, Ipv4Address address) const;
  [[nodiscard]] std::optional<End> owner(const Ends& ends, Ipv4Address address);
  [[nodiscard]] std::optional<End> owner_in_one_realm(const Ends& ends, Ipv4Address address);
  [[nodiscard]] bool senders_by_first_word(const Ends& ends, Ipv4Address address);

  const std::vector<Mapping>& mappings_;
  std::vector<std::string> realms_;
  RealAddresses real_;
  std::vector<Mapped> mapped_;  ///< by address
  /// Who told an address that either side may have: by {mappings, lower first, address}.
  struct Word {
    std::uint32_t low;
    std::uint32_t high;
    std::uint32_t address;
    friend bool operator==(const Word&, const Word&) = default;
  };
  struct WordHash {
    std::size_t operator()(const Word& word) const noexcept;
  };
  std::unordered_map<Word, std::uint32_t, WordHash> first_words_;
};

}  // namespace natto
