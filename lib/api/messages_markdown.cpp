#include "api/messages_markdown.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <typeindex>
#include <typeinfo>

#include "api/fields.hpp"

namespace natto::api {
namespace {

std::string type_of(const std::string&) { return "text"; }
std::string type_of(std::uint64_t) { return "number"; }
std::string type_of(bool) { return "true or false"; }
template <typename T>
std::string type_of(const std::optional<T>&) {
  return type_of(T());
}
template <typename T>
std::string type_of(const std::vector<T>&) {
  return std::same_as<T, std::string>     ? "list of texts"
         : std::same_as<T, std::uint64_t> ? "list of numbers"
                                          : "list of objects";
}
template <typename T>
std::string type_of(const T&) {
  return "object";
}

/// Tables of structs, each of which is printed once.
class Tables {
 public:
  /// Of `message` and of the objects in it; under the heading `place`.
  template <typename T>
  void add(const T& message, const std::string& title, const std::string& place) {
    const auto [printed, is_new] = places_.try_emplace(typeid(T), place);
    if (!is_new) {
      text_ += fmt::format("\n{}: as in [{}](#{}).\n", title, printed->second, printed->second);
      return;
    }
    std::string rows;
    fields(message, [&](const char* key, const auto& member, const char* meaning) {
      rows += fmt::format("| `{}` | {} | {} |\n", key, type_of(member), meaning);
    });
    if (!rows.empty()) {
      text_ += fmt::format("\n| {} | type | meaning |\n| --- | --- | --- |\n{}", title, rows);
    }
    fields(message, [&](const char* key, const auto& member, const char*) {
      add_objects(member, key, place);
    });
  }

  template <typename One>
  void add_request() {
    const std::string name(One::kName);
    text_ +=
        fmt::format("\n### {}\n\nFor {}.\n", name,
                    One::kNeeds == Rights::kRead ? "all who may read" : "those who may change");
    add(One(), "in the request", name);
    add(typename One::Report(), "in the report", name);
  }

  void add_heading(const char* heading) { text_ += fmt::format("\n### {}\n", heading); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  template <typename T>
  void add_objects(const T& member, const char* key, const std::string& place) {
    if constexpr (std::same_as<T, ErrorText>) {
      add(member, fmt::format("in `{}`", key), place);
    }
  }
  template <typename T>
  void add_objects(const std::vector<T>&, const char* key, const std::string& place) {
    if constexpr (std::is_class_v<T> && !std::same_as<T, std::string>) {
      add(T(), fmt::format("in each of `{}`", key), place);
    }
  }

  std::map<std::type_index, std::string> places_;
  std::string text_;
};

template <std::size_t index = 0>
void add_requests(Tables& tables) {
  if constexpr (index < std::variant_size_v<Request>) {
    tables.add_request<std::variant_alternative_t<index, Request>>();
    add_requests<index + 1>(tables);
  }
}

}  // namespace

std::string messages_markdown() {
  Tables tables;
  add_requests(tables);
  tables.add_heading("progress");
  tables.add(ProgressReport(), "in the line", "progress");
  tables.add_heading("error");
  tables.add(ErrorReport(), "in the line", "error");
  return tables.take();
}

}  // namespace natto::api
