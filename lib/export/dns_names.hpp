#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace natto::exports {

/// Whether `text` is a host's name in the DNS (RFC 1123 §2.1): labels of letters, digits and inner
/// hyphens with dots between.
[[nodiscard]] bool is_host_name(std::string_view text) noexcept;

/// The name of a mapping within `domain` (none: alone), in small letters; absent if the DNS cannot
/// hold it.
[[nodiscard]] std::optional<std::string> host_name(std::string_view mapping,
                                                   std::string_view domain);

}  // namespace natto::exports
