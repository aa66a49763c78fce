#pragma once
#include <array>
#include <charconv>
#include <string_view>

#include "events/kafka/handles.hpp"

namespace hub::kafka {

/// The `ce_source` of all that we write.
inline constexpr std::string_view kSource = "/computehub";
inline constexpr std::string_view kJsonContent = "application/json";

/// Attributes of a CloudEvent that are texts of a `Thing`, by the names of their headers.
template <class Thing>
using TextAttribute = std::pair<std::string_view, std::string Thing::*>;

inline void add_header(const Headers& headers, std::string_view name, std::string_view value) {
  rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

template <class Number>
void add_number_header(const Headers& headers, std::string_view name, Number number) {
  std::array<char, 24> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  static_cast<void>(error);
  add_header(headers, name, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Calls `visit(name, value)` for each header; false when there are none.
template <class Visit>
bool each_header(const rd_kafka_message_t& message, Visit visit) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    visit(std::string_view(name), std::string_view(static_cast<const char*>(value), size));
  return true;
}

}  // namespace hub::kafka
