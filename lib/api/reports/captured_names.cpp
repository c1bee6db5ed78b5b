#include "api/reports/captured_names.hpp"

#include <algorithm>
#include <utility>

#include "packet/parse.hpp"

namespace natto::api {
namespace {

std::string rule_of(const LoadedTable& loaded, Policy::Group source, Policy::Group destination,
                    const ParsedPacket& parsed, std::span<const std::uint8_t> head) {
  const Policy* policy = loaded.translations->policy();
  if (policy == nullptr) {
    return "";
  }
  const Policy::Judgement judgement = policy->judge(source, destination, parsed, head);
  return judgement.verdict.is_forward() && judgement.rule.exists()
             ? loaded.table->rules.allow[judgement.rule.index].name
             : "";
}

}  // namespace

CapturedNames::Names CapturedNames::of(std::span<const std::uint8_t> frame, std::uint32_t length,
                                       RealmId realm, std::uint64_t version) {
  const LoadedTable* loaded = table(version);
  ParsedPacket parsed;
  if (loaded == nullptr || frame.size() < std::min<std::size_t>(length, kHeadBytes) ||
      !parse({.head = frame, .length = length}, appliance_.dataplane.ports[realm].filter, parsed)
           .is_forward()) {
    return {};
  }
  const TranslationTable& translations = *loaded->translations;
  const Translation* source = translations.find_real(realm, parsed.real_key);
  const Translation* destination = translations.find_mapped(parsed.mapped_key);
  const auto name = [&](const Translation* translation) {
    return translation != nullptr ? loaded->table->mappings[translation->mapping].name : "";
  };
  Names names{.from = name(source), .to = name(destination)};
  if (destination != nullptr) {
    names.rule = rule_of(*loaded, source != nullptr ? source->group : Policy::unmapped(realm),
                         destination->group, parsed, frame);
  }
  return names;
}

/// 0: the current one.
const LoadedTable* CapturedNames::table(std::uint64_t version) {
  if (current_ == nullptr || version > current_->version()) {
    previous_ = std::exchange(current_, appliance_.live_table.current());
  }
  for (const auto* one : {current_.get(), previous_.get()}) {
    if (one != nullptr && (version == 0 || one->version() == version)) {
      return one;
    }
  }
  return nullptr;
}

}  // namespace natto::api
