#include <charconv>
#include <cmath>
#include <cstring>
#include <map>

#include "adapters/models/json_reading.hpp"
#include "adapters/models/openai_answers.hpp"
#include "adapters/models/refusal.hpp"
#include "events/core/json.hpp"

namespace hub::calls {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

/// Value of a base64 digit, -1 for others.
int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool decode_base64(std::string_view text, std::string& bytes) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0) return false;
    bits = (bits << 6U | static_cast<unsigned>(digit)) & 0xffffU;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> static_cast<unsigned>(held) & 0xffU);
  }
  return held < 6;
}

/// Little-endian float32, as the machines that this runs on have them.
bool append_floats(std::string& out, std::string_view text) {
  std::string bytes;
  if (!decode_base64(text, bytes) || bytes.empty() || bytes.size() % sizeof(float) != 0) return false;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
    float value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    if (!std::isfinite(value)) return false;
    if (at > 0) out += ',';
    char digits[32];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    HUB_ASSERT(error == std::errc{});
    out.append(digits, end);
  }
  return true;
}

bool append_numbers(std::string& out, element vector) {
  array numbers;
  if (vector.get(numbers) != simdjson::SUCCESS || numbers.size() == 0) return false;
  bool first = true;
  for (const auto number : numbers) {
    double value = 0;
    if (!number.is_number() || number.get(value) != simdjson::SUCCESS) return false;
    if (!std::exchange(first, false)) out += ',';
    append_json_number(out, value);
  }
  return true;
}

bool read_vector(element entry, std::string& json) {
  const auto vector = member(entry, "embedding");
  if (!vector) return false;
  json = "[";
  const bool read = vector->is_string() ? append_floats(json, text_of(vector)) : append_numbers(json, *vector);
  json += ']';
  return read;
}

}  // namespace

Reading read_embeddings(std::string_view body, Answer& answer) {
  element root;
  if (!parse(body, root)) return malformed_answer("the answer is not JSON");
  if (const auto error = member(root, "error"); error && !error->is_null()) return {error_in_answer(error_of(root))};
  array data;
  if (root["data"].get(data) != simdjson::SUCCESS) return malformed_answer("the answer has no embeddings");
  std::map<std::uint64_t, std::string> vectors;
  for (const auto entry : data) {
    std::uint64_t index = vectors.size();
    if (const auto given = member(entry, "index"); given && given->get(index) != simdjson::SUCCESS)
      return malformed_answer("an embedding has an index that is none");
    std::string vector;
    if (!read_vector(entry, vector)) return malformed_answer("an embedding is no list of numbers");
    if (!vectors.emplace(index, std::move(vector)).second) return malformed_answer("an embedding is there twice");
  }
  if (vectors.empty() || vectors.rbegin()->first != vectors.size() - 1)
    return malformed_answer("the answer lacks embeddings");
  answer.result = R"({"embeddings":[)";
  for (const auto& [index, vector] : vectors) answer.result += (index == 0 ? "" : ",") + vector;
  answer.result += "]}";
  answer.usage = usage_of(root);
  return {};
}

}  // namespace hub::calls
