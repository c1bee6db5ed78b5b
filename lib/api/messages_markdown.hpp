#pragma once

#include <string>

namespace natto::api {

/// The members of every request and report as Markdown: what doc/api.md embeds.
[[nodiscard]] std::string messages_markdown();

}  // namespace natto::api
