#pragma once

#include "dataplane/plain_packet.hpp"
#include "dataplane/translation_cache.hpp"
#include "dataplane/worker.hpp"
#include "packet/rewrite.hpp"

namespace natto {

/// Knows plain packets by their addresses, each by itself: all that matters where all may pass.
/// `Bits` are those that matter of an address, as the table has them.
template <typename Bits>
class ByAddress {
 public:
  using Keys = TranslationCache::Keys<Bits>;
  static constexpr bool kTakesFragments = true;
  static constexpr bool kLooksCloser = false;

  /// Where the cache has both addresses, if it does.
  struct Places {
    TranslationCache::Key source_key;
    TranslationCache::Key destination_key;
    CachedTranslation* source;
    CachedTranslation* destination;
  };
  using Packet = PlainPacket<Places>;

  /// What it has of them.
  struct Found {
    CachedTranslation* source;
    CachedTranslation* destination;

    [[nodiscard]] explicit operator bool() const noexcept {
      return source != nullptr && destination != nullptr;
    }
    [[nodiscard]] RealmId realm() const noexcept { return destination->translation.realm; }
    [[nodiscard]] NewAddresses new_addresses(const Packet& packet) const noexcept {
      const Ipv4Header& ip = packet.ip();
      return NewAddresses::of(source->translation.apply(ip.source),
                              destination->translation.apply(ip.destination));
    }
    void count(PendingCount packet) const noexcept {
      source->pending.add(packet);
      destination->pending.add(packet);
    }
  };

  ByAddress(const Worker& worker, Keys real, Keys mapped) noexcept
      : cache_(worker.cache.reader()), real_(real), mapped_(mapped) {}

  /// Asks the CPU to bring what the cache has.
  [[nodiscard]] Places prefetch(const Ipv4Header& ip) const noexcept {
    const TranslationCache::Key source = real_.of(ip.source);
    const TranslationCache::Key destination = mapped_.of(ip.destination);
    return {source, destination, cache_.prefetch(source), cache_.prefetch(destination)};
  }
  [[nodiscard]] Found find(const Places& places) const noexcept {
    return {cache_.find(places.source_key, places.source),
            cache_.find(places.destination_key, places.destination)};
  }
  /// Whether a packet that was found may be translated without a closer look.
  [[nodiscard]] static bool lets(const Packet& /*packet*/, const Found& /*found*/) noexcept {
    return true;
  }
  static TranslationCache::Pending& pending(Worker& worker) noexcept {
    return worker.cache.pending();
  }

 private:
  TranslationCache::Reader cache_;
  Keys real_;
  Keys mapped_;
};

}  // namespace natto
