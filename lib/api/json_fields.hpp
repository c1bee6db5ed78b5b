#pragma once

// Structs with fields() (see api/fields.hpp) as JSON, and back.

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace natto::api {

using Json = nlohmann::ordered_json;

template <typename T>
concept HasFields = requires(T& value) {
  fields(value, [](const char*, auto&, const char*) {});
};

template <typename T>
void put(Json& into, const T& value) {
  if constexpr (HasFields<const T>) {
    into = Json::object();
    fields(value, [&into]<typename Member>(const char* key, const Member& member, const char*) {
      if constexpr (requires { member.has_value(); }) {
        if (member) {
          put(into[key], *member);
        }
      } else {
        put(into[key], member);
      }
    });
  } else {
    into = value;
  }
}

template <typename T>
void put(Json& into, const std::vector<T>& values) {
  into = Json::array();
  for (const T& value : values) {
    put(into.emplace_back(), value);
  }
}

/// In one line. What is not UTF-8 in texts becomes U+FFFD.
template <typename T>
std::string json_line(const T& value) {
  Json json;
  put(json, value);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Fills structs from JSON until something does not fit.
class FieldsReader {
 public:
  /// `lenient`: members that are missing stay as they are.
  explicit FieldsReader(bool lenient) : lenient_(lenient) {}

  /// What did not fit: "from_packets is missing"; empty: all did.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  /// The keys of the outermost struct.
  [[nodiscard]] const std::vector<std::string_view>& keys() const { return keys_; }

  template <typename T>
  void read(const Json& json, T& value, const std::string& name = "the line") {
    if (!json.is_object()) {
      return expect(name, "an object");
    }
    const bool outermost = std::exchange(outermost_, false);
    fields(value, [&]<typename Member>(const char* key, Member& member, const char*) {
      if (outermost) {
        keys_.emplace_back(key);
      }
      const auto found = json.find(key);
      if (found != json.end()) {
        take(*found, member, key);
      } else if constexpr (!requires { member.has_value(); }) {
        if (!lenient_) {
          wrong_ = std::string(key) + " is missing";
        }
      }
    });
  }

 private:
  void expect(const std::string& name, const char* what) { wrong_ = name + " is not " + what; }

  void take(const Json& json, std::string& value, const char* key) {
    json.is_string() ? json.get_to(value) : (expect(key, "a text"), value);
  }
  void take(const Json& json, std::uint64_t& value, const char* key) {
    json.is_number_unsigned() ? json.get_to(value) : (expect(key, "a whole number"), value);
  }
  void take(const Json& json, bool& value, const char* key) {
    json.is_boolean() ? json.get_to(value) : (expect(key, "true or false"), value);
  }
  template <typename T>
  void take(const Json& json, std::optional<T>& value, const char* key) {
    take(json, value.emplace(), key);
  }
  template <typename T>
  void take(const Json& json, std::vector<T>& values, const char* key) {
    if (!json.is_array()) {
      return expect(key, "a list");
    }
    values.reserve(json.size());
    for (const Json& element : json) {
      take(element, values.emplace_back(), key);
    }
  }
  template <HasFields T>
  void take(const Json& json, T& value, const char* key) {
    read(json, value, key);
  }

  bool lenient_;
  bool outermost_ = true;
  std::string wrong_;
  std::vector<std::string_view> keys_;
};

}  // namespace natto::api
