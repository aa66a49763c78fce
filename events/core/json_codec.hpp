#pragma once
// Structs to JSON and back, driven by Boost.Describe. Heavy to compile: include it in .cpp files only, and offer
// plain functions in the header.
#include <simdjson.h>

#include <algorithm>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "events/core/instant.hpp"
#include "events/core/json.hpp"

namespace hub {

/// Where reading stands. A failure names the field by the path that is put together while the readers return.
struct JsonReading {
  ReadMode mode = ReadMode::strict;
  Failure failure;

  bool refuse(std::string_view code, std::string detail) {
    failure = invalid(code, detail);
    return false;
  }
  bool inside(std::string_view segment) {
    std::string path(segment);
    if (!failure.field.empty() && failure.field.front() != '[') path += '.';
    failure.field = path + failure.field;
    return false;
  }
};

/// write(out, value) appends JSON; read(reading, element, value) is false after `reading.refuse(…)`.
/// Specialise it for types whose JSON is not the list of their members.
template <class T, class = void>
struct JsonCodec;

template <class T>
void append_json(std::string& out, const T& value) {
  JsonCodec<T>::write(out, value);
}
template <class T>
std::string to_json(const T& value) {
  std::string out;
  append_json(out, value);
  return out;
}

namespace json_detail {

inline simdjson::dom::parser& thread_parser() {
  // One a thread: it keeps its buffers between documents.
  thread_local simdjson::dom::parser parser;
  thread_local const bool limited = parser.allocate(4'096, kJsonDepthMax) == simdjson::SUCCESS;
  HUB_ASSERT(limited);
  return parser;
}

/// From here on a real number is too great for every integer.
inline constexpr double kWideFrom = 9.2e18;
/// The document with each whole number of 19 digits and more written as a real one.
std::string with_wide_numbers_as_reals(std::string_view json);

template <class T, template <class...> class Template>
struct is_a : std::false_type {};
template <template <class...> class Template, class... Args>
struct is_a<Template<Args...>, Template> : std::true_type {};

/// A struct may name the fields that must be there: static constexpr std::string_view required[] = {"name"};
template <class T>
concept HasRequired = requires {
  T::required;
};

}  // namespace json_detail

/// Reads one document. Fails: malformed `json.invalid`; invalid `json.type`, `json.missing`, `json.unknown_field`,
/// `json.repeated_field`, `json.range`, each with the field's path.
template <class T>
Result<T> from_json(std::string_view bytes, ReadMode mode = ReadMode::strict) {
  // simdjson copies what it is given, and nothing must not be copied from nowhere.
  if (bytes.empty()) return malformed("json.invalid", "not valid JSON");
  simdjson::dom::element root;
  auto& parser = json_detail::thread_parser();
  auto error = parser.parse(bytes.data(), bytes.size()).get(root);
  // A whole number of more than 64 bits stops the parser; as a real one it is refused by the field that it is in.
  if (error == simdjson::NUMBER_ERROR) error = parser.parse(json_detail::with_wide_numbers_as_reals(bytes)).get(root);
  if (error != simdjson::SUCCESS)
    return malformed("json.invalid", error == simdjson::DEPTH_ERROR ? "nested too deeply" : "not valid JSON");
  T value{};
  JsonReading reading{mode, {}};
  if (!JsonCodec<T>::read(reading, root, value)) return std::move(reading.failure);
  return value;
}

template <>
struct JsonCodec<bool> {
  static void write(std::string& out, bool value) { out += value ? "true" : "false"; }
  static bool read(JsonReading& reading, simdjson::dom::element element, bool& value) {
    return element.get(value) == simdjson::SUCCESS || reading.refuse("json.type", "must be true or false");
  }
};

template <class T>
struct JsonCodec<T, std::enable_if_t<std::is_integral_v<T>>> {
  using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
  static void write(std::string& out, T value) { append_json_number(out, Wide{value}); }
  static bool read(JsonReading& reading, simdjson::dom::element element, T& value) {
    // Asked by type: is_double() also says yes to whole numbers.
    const auto type = element.type();
    double real = 0;
    if (type == simdjson::dom::element_type::DOUBLE && element.get(real) == simdjson::SUCCESS &&
        (real >= json_detail::kWideFrom || real <= -json_detail::kWideFrom))
      return reading.refuse("json.range", "out of range");
    if (type != simdjson::dom::element_type::INT64 && type != simdjson::dom::element_type::UINT64)
      return reading.refuse("json.type", "must be a whole number");
    Wide wide = 0;
    if (element.get(wide) != simdjson::SUCCESS || wide < std::numeric_limits<T>::min() ||
        wide > std::numeric_limits<T>::max())
      return reading.refuse("json.range", "out of range");
    value = static_cast<T>(wide);
    return true;
  }
};

template <>
struct JsonCodec<double> {
  static void write(std::string& out, double value) { append_json_number(out, value); }
  static bool read(JsonReading& reading, simdjson::dom::element element, double& value) {
    return element.get(value) == simdjson::SUCCESS || reading.refuse("json.type", "must be a number");
  }
};

template <>
struct JsonCodec<std::string> {
  static void write(std::string& out, const std::string& value) { append_json_string(out, value); }
  static bool read(JsonReading& reading, simdjson::dom::element element, std::string& value) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return reading.refuse("json.type", "must be text");
    value = text;
    return true;
  }
};

template <>
struct JsonCodec<RawJson> {
  static void write(std::string& out, const RawJson& value) { out += value.text.empty() ? "null" : value.text; }
  static bool read(JsonReading&, simdjson::dom::element element, RawJson& value) {
    value.text = simdjson::minify(element);
    return true;
  }
};

template <>
struct JsonCodec<Instant> {
  static void write(std::string& out, Instant value) {
    if (!value.is_set()) {
      out += "null";
      return;
    }
    out += '"';
    append_rfc3339(out, value);
    out += '"';
  }
  static bool read(JsonReading& reading, simdjson::dom::element element, Instant& value) {
    if (element.is_null()) return true;
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return reading.refuse("json.type", "must be a time as text");
    auto parsed = parse_rfc3339(text);
    if (!parsed) return reading.refuse("json.type", parsed.error().detail);
    value = parsed.value();
    return true;
  }
};

template <>
struct JsonCodec<Duration> {
  static void write(std::string& out, Duration value) { append_json_string(out, to_text(value)); }
  static bool read(JsonReading& reading, simdjson::dom::element element, Duration& value) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS)
      return reading.refuse("json.type", "must be a duration such as \"10s\"");
    auto parsed = parse_duration(text);
    if (!parsed) return reading.refuse("json.range", parsed.error().detail);
    value = parsed.value();
    return true;
  }
};

/// Absent and null are the same; an empty optional is not written.
template <class T>
struct JsonCodec<std::optional<T>> {
  static void write(std::string& out, const std::optional<T>& value) {
    if (value)
      append_json(out, *value);
    else
      out += "null";
  }
  static bool read(JsonReading& reading, simdjson::dom::element element, std::optional<T>& value) {
    value.reset();
    return element.is_null() || JsonCodec<T>::read(reading, element, value.emplace());
  }
};

template <class T>
struct JsonCodec<std::vector<T>> {
  static void write(std::string& out, const std::vector<T>& values) {
    out += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ',';
      append_json(out, values[i]);
    }
    out += ']';
  }
  static bool read(JsonReading& reading, simdjson::dom::element element, std::vector<T>& values) {
    simdjson::dom::array array;
    if (element.get(array) != simdjson::SUCCESS) return reading.refuse("json.type", "must be a list");
    values.clear();
    for (const auto item : array)
      if (!JsonCodec<T>::read(reading, item, values.emplace_back()))
        return reading.inside("[" + std::to_string(values.size() - 1) + "]");
    return true;
  }
};

template <class T>
struct JsonCodec<std::map<std::string, T>> {
  static void write(std::string& out, const std::map<std::string, T>& values) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : values) {
      if (!first) out += ',';
      first = false;
      append_json_string(out, key);
      out += ':';
      append_json(out, value);
    }
    out += '}';
  }
  static bool read(JsonReading& reading, simdjson::dom::element element, std::map<std::string, T>& values) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return reading.refuse("json.type", "must be an object");
    values.clear();
    for (const auto [key, item] : object) {
      const auto [place, fresh] = values.try_emplace(std::string(key));
      if (!fresh && reading.mode == ReadMode::strict) {
        reading.refuse("json.repeated_field", "given twice");
        return reading.inside(key);
      }
      if (!JsonCodec<T>::read(reading, item, place->second)) return reading.inside(key);
    }
    return true;
  }
};

/// Enumerators by their name, with "-" for "_": on_failure is "on-failure".
template <class E>
std::string enum_name(E value) {
  std::string name = boost::describe::enum_to_string(value, "");
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}
template <class E>
std::optional<E> enum_of(std::string_view name) {
  std::optional<E> found;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto descriptor) {
    if (enum_name(descriptor.value) == name) found = descriptor.value;
  });
  return found;
}

template <class E>
struct JsonCodec<E, std::enable_if_t<std::is_enum_v<E>>> {
  static void write(std::string& out, E value) { append_json_string(out, enum_name(value)); }
  static bool read(JsonReading& reading, simdjson::dom::element element, E& value) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return reading.refuse("json.type", "must be text");
    const auto found = enum_of<E>(text);
    if (!found) return reading.refuse("json.range", "must be one of " + choices());
    value = *found;
    return true;
  }
  static std::string choices() {
    std::string all;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto descriptor) {
      if (!all.empty()) all += ", ";
      all += enum_name(descriptor.value);
    });
    return all;
  }
};

template <class T>
using JsonMembers = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

/// Appends the members of a described struct without the braces, each with a comma behind it.
template <class T>
void append_json_members(std::string& out, const T& value) {
  boost::mp11::mp_for_each<JsonMembers<T>>([&](auto descriptor) {
    const auto& member = value.*descriptor.pointer;
    using Member = std::decay_t<decltype(member)>;
    if constexpr (json_detail::is_a<Member, std::optional>::value) {
      if (!member) return;
    }
    append_json_string(out, descriptor.name);
    out += ':';
    append_json(out, member);
    out += ',';
  });
}

template <class T>
struct JsonCodec<T, std::enable_if_t<boost::describe::has_describe_members<T>::value && std::is_class_v<T>>> {
  static void write(std::string& out, const T& value) {
    out += '{';
    append_json_members(out, value);
    if (out.back() == ',') out.pop_back();
    out += '}';
  }

  static bool read(JsonReading& reading, simdjson::dom::element element, T& value) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return reading.refuse("json.type", "must be an object");
    std::uint64_t seen = 0;
    for (const auto [key, item] : object)
      if (!read_field(reading, key, item, value, seen)) return reading.inside(key);
    return !missing(reading, seen);
  }

 private:
  static bool read_field(JsonReading& reading, std::string_view key, simdjson::dom::element item, T& value,
                         std::uint64_t& seen) {
    static_assert(boost::mp11::mp_size<JsonMembers<T>>::value <= 64, "fields are counted in 64 bits");
    bool known = false, good = true;
    std::uint64_t bit = 1;
    boost::mp11::mp_for_each<JsonMembers<T>>([&](auto descriptor) {
      if (!known && key == descriptor.name) {
        known = true;
        if ((seen & bit) != 0 && reading.mode == ReadMode::strict) {
          good = reading.refuse("json.repeated_field", "given twice");
        } else {
          seen |= bit;
          using Member = std::decay_t<decltype(value.*descriptor.pointer)>;
          good = JsonCodec<Member>::read(reading, item, value.*descriptor.pointer);
        }
      }
      bit <<= 1U;
    });
    if (!known && reading.mode == ReadMode::strict) return reading.refuse("json.unknown_field", "is not a known field");
    return good;
  }

  static bool missing(JsonReading& reading, std::uint64_t seen) {
    if constexpr (json_detail::HasRequired<T>) {
      std::uint64_t bit = 1;
      std::string_view absent;
      boost::mp11::mp_for_each<JsonMembers<T>>([&](auto descriptor) {
        const bool wanted = std::find(std::begin(T::required), std::end(T::required),
                                      std::string_view(descriptor.name)) != std::end(T::required);
        if (wanted && (seen & bit) == 0 && absent.empty()) absent = descriptor.name;
        bit <<= 1U;
      });
      if (!absent.empty()) {
        reading.refuse("json.missing", "is required");
        reading.inside(absent);
        return true;
      }
    }
    return false;
  }
};

}  // namespace hub
