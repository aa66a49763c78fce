#include "adapters/models/json_reading.hpp"

#include <algorithm>

#include "events/core/json.hpp"

namespace hub::calls {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

std::int64_t count_of(element usage, std::string_view name) {
  std::int64_t count = 0;
  const auto given = member(usage, name);
  // A count below zero would give money back.
  return given && given->get(count) == simdjson::SUCCESS ? std::max<std::int64_t>(count, 0) : 0;
}

std::string text_or_digits(std::optional<element> value) {
  std::int64_t number = 0;
  if (value && value->get(number) == simdjson::SUCCESS) return std::to_string(number);
  return std::string(text_of(value));
}

bool is_vector(element value) {
  array numbers;
  if (value.get(numbers) != simdjson::SUCCESS || numbers.size() == 0) return false;
  return std::all_of(numbers.begin(), numbers.end(), [](element number) { return number.is_number(); });
}

}  // namespace

bool parse(std::string_view bytes, element& root) {
  thread_local simdjson::dom::parser parser;
  thread_local const bool limited = parser.allocate(4'096, kJsonDepthMax) == simdjson::SUCCESS;
  HUB_ASSERT(limited);
  // simdjson copies what it is given, and nothing must not be copied from nowhere.
  return !bytes.empty() && parser.parse(bytes.data(), bytes.size()).get(root) == simdjson::SUCCESS;
}

std::optional<element> member(element object, std::string_view name) {
  element found;
  if (!object.is_object() || object.at_key(name).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

std::string_view text_of(std::optional<element> value) {
  std::string_view text;
  if (!value || value->get(text) != simdjson::SUCCESS) return {};
  return text;
}

Usage usage_of(element root) {
  const auto given = member(root, "usage");
  if (!given || !given->is_object() || !member(*given, "prompt_tokens")) return {};
  Usage usage{true, count_of(*given, "prompt_tokens"), count_of(*given, "completion_tokens"), 0};
  usage.total_tokens = std::max(count_of(*given, "total_tokens"), usage.prompt_tokens + usage.completion_tokens);
  return usage;
}

ErrorBody error_of(element root) {
  const auto error = member(root, "error");
  if (error && error->is_string()) return {std::string(text_of(error)), {}, {}};
  const auto from = error && error->is_object() ? *error : root;
  auto message = text_of(member(from, "message"));
  if (message.empty()) message = text_of(member(from, "detail"));
  return {std::string(message), std::string(text_of(member(from, "type"))), text_or_digits(member(from, "code"))};
}

bool is_list_of_vectors(element value) {
  array rows;
  if (value.get(rows) != simdjson::SUCCESS || rows.size() == 0) return false;
  return std::all_of(rows.begin(), rows.end(), is_vector);
}

}  // namespace hub::calls
