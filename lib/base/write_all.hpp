#pragma once

#include <string_view>

namespace natto {

/// Writes all of `text`, however often that takes. False: errno says why not, and a part of it may
/// be written.
[[nodiscard]] bool write_all(int descriptor, std::string_view text) noexcept;

}  // namespace natto
