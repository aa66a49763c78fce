#include "gateway/cli/json_view.hpp"

#include "gateway/cli/exit_code.hpp"

namespace hub::cli {
namespace json = boost::json;

const json::value& value_at(const json::value& object, std::string_view name) {
  static const json::value none;
  const auto* members = object.if_object();
  const auto* found = members == nullptr ? nullptr : members->if_contains(name);
  return found == nullptr ? none : *found;
}

const json::array& array_at(const json::value& object, std::string_view name) {
  static const json::array none;
  const auto* array = value_at(object, name).if_array();
  return array == nullptr ? none : *array;
}

std::string text_at(const json::value& object, std::string_view name) {
  const auto* text = value_at(object, name).if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::optional<std::int64_t> number_at(const json::value& object, std::string_view name) {
  boost::system::error_code error;
  const auto& value = value_at(object, name);
  if (!value.is_number()) return std::nullopt;
  const auto number = value.to_number<std::int64_t>(error);
  return error ? std::nullopt : std::optional(number);
}

Instant instant_at(const json::value& object, std::string_view name) {
  const auto parsed = parse_rfc3339(text_at(object, name));
  return parsed ? parsed.value() : Instant{};
}

Result<json::value> parse_answer(std::string_view body) {
  boost::system::error_code error;
  auto document = json::parse(body, error);
  if (error || !document.is_object())
    return internal_failure(kCodeAnswer,
                            "what answers there is no ComputeHub: its answer is not the JSON that was expected");
  return document;
}

}  // namespace hub::cli
