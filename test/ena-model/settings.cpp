#include "settings.hpp"

#include <netinet/ether.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace ena_model {
namespace {

using Json = nlohmann::json;

/// An object's members, each of which must be asked for.
class Object {
 public:
  Object(const Json& json, std::string name) : json_(json), name_(std::move(name)) {
    if (!json.is_object()) {
      throw std::runtime_error(name_ + " is no object");
    }
  }

  template <typename T>
  void read(const char* key, T& value) {
    known_.insert(key);
    if (json_.contains(key)) {
      value = json_.at(key).get<T>();
    }
  }
  template <typename T>
  void read(const char* key, std::optional<T>& value) {
    known_.insert(key);
    if (json_.contains(key)) {
      value = json_.at(key).get<T>();
    }
  }
  [[nodiscard]] const Json* child(const char* key) {
    known_.insert(key);
    return json_.contains(key) ? &json_.at(key) : nullptr;
  }
  void no_others() const {
    for (const auto& [key, value] : json_.items()) {
      if (!known_.contains(key)) {
        throw std::runtime_error(name_ + " has no " + key);
      }
    }
  }

 private:
  const Json& json_;
  std::string name_;
  std::set<std::string> known_;
};

WireSettings wire_of(const Json& json) {
  WireSettings wire;
  Object object(json, "wire");
  object.read("interface", wire.interface);
  object.read("tap", wire.tap);
  object.read("peer", wire.peer);
  object.read("replay", wire.replay);
  object.read("repeat", wire.repeat);
  object.read("packets_per_second", wire.packets_per_second);
  object.read("record", wire.record);
  object.no_others();
  return wire;
}

CardSettings card_of(const Json& json, std::size_t index) {
  CardSettings card;
  card.mac = {0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(6 + index)};
  Object object(json, "card");
  std::string mac;
  object.read("mac", mac);
  if (!mac.empty()) {
    card.mac = parse_mac(mac);
  }
  object.read("queues", card.queues);
  object.read("tx_depth", card.tx_depth);
  object.read("rx_depth", card.rx_depth);
  object.read("max_mtu", card.max_mtu);
  object.read("low_latency_queues", card.low_latency_queues);
  object.read("memory_bar", card.memory_bar);
  object.read("large_entries", card.large_entries);
  object.read("recommends_large_entries", card.recommends_large_entries);
  object.read("cached_metadata", card.cached_metadata);
  object.read("max_burst_bytes", card.max_burst_bytes);
  object.read("customer_metrics", card.customer_metrics);
  object.read("srd", card.srd);
  object.read("fragment_bypass", card.fragment_bypass);
  object.read("interrupts", card.interrupts);
  object.read("whole_sums", card.whole_sums);
  object.read("rss_table_bits", card.rss_table_bits);
  object.read("faults", card.faults);
  object.read("watchdog_ms", card.watchdog_ms);
  object.read("admin_timeout_ms", card.admin_timeout_ms);
  object.read("checks_l3", card.checks.l3);
  object.read("checks_l4", card.checks.l4);
  object.read("hides_wrong_l4", card.checks.hides_wrong_l4);
  if (const Json* wire = object.child("wire")) {
    card.wire = wire_of(*wire);
  }
  object.no_others();
  if (card.queues == 0 || card.queues > 8) {
    throw std::runtime_error("a card has 1 to 8 queues");
  }
  return card;
}

}  // namespace

MacAddress parse_mac(const std::string& text) {
  MacAddress mac{};
  if (ether_addr parsed{}; ether_aton_r(text.c_str(), &parsed) != nullptr) {
    std::ranges::copy(parsed.ether_addr_octet, mac.begin());
    return mac;
  }
  throw std::runtime_error(text + " is no MAC address");
}

Settings read_settings(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) {
    throw std::runtime_error("cannot read " + file.string());
  }
  Settings settings;
  try {
    const Json json = Json::parse(stream);
    Object object(json, "the file");
    object.read("control", settings.control);
    object.read("cpu", settings.cpu);
    if (const Json* cards = object.child("cards")) {
      for (const Json& card : *cards) {
        settings.cards.push_back(card_of(card, settings.cards.size()));
      }
    }
    object.no_others();
  } catch (const std::exception& error) {
    throw std::runtime_error(file.string() + ": " + error.what());
  }
  if (settings.cards.empty() || settings.cards.size() > 4) {
    throw std::runtime_error(file.string() + ": there are 1 to 4 cards");
  }
  for (const CardSettings& card : settings.cards) {
    if (card.wire.peer.value_or(0) >= settings.cards.size()) {
      throw std::runtime_error(file.string() + ": a peer is the number of a card, from 0");
    }
  }
  return settings;
}

}  // namespace ena_model
