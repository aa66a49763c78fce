#include "gateway/http/query.hpp"

#include <algorithm>
#include <charconv>

#include "events/core/json.hpp"

namespace hub::http {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

/// False on a broken escape.
bool decode_into(std::string& out, std::string_view text, bool plus_is_space) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return false;
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return true;
}

}  // namespace

std::optional<std::string_view> percent_decoded(std::string_view text, DecodedText& kept, bool plus_is_space) {
  std::string_view decoded = text;
  if (text.find_first_of(plus_is_space ? "%+" : "%") != std::string_view::npos) {
    std::string& out = kept.emplace_back();
    if (!decode_into(out, text, plus_is_space)) return std::nullopt;
    decoded = out;
  }
  if (decoded.find('\0') != std::string_view::npos || !is_valid_utf8(decoded)) return std::nullopt;
  return decoded;
}

Result<void> Query::parse(std::string_view text, DecodedText& kept) {
  parameters_.clear();
  while (!text.empty()) {
    const auto part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const auto name = percent_decoded(part.substr(0, equals), kept, true);
    const auto value =
        percent_decoded(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1), kept, true);
    if (!name || !value || parameters_.size() == kParametersMax)
      return malformed("query.malformed", "the query is no list of at most 64 names with values");
    if (get(*name)) return invalid("query.repeated", "a query parameter is given twice", *name);
    parameters_.push_back({*name, *value});
  }
  return success();
}

std::optional<std::string_view> Query::get(std::string_view name) const {
  for (const auto& parameter : parameters_)
    if (parameter.name == name) return parameter.value;
  return std::nullopt;
}

Result<void> Query::only(std::initializer_list<std::string_view> known) const {
  for (const auto& parameter : parameters_)
    if (std::find(known.begin(), known.end(), parameter.name) == known.end())
      return invalid("query.unknown", "is not a known query parameter here", parameter.name);
  return success();
}

Result<std::optional<std::uint64_t>> Query::number(std::string_view name, std::uint64_t min, std::uint64_t max) const {
  const auto text = get(name);
  if (!text) return std::optional<std::uint64_t>();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < min || value > max)
    return invalid("query.range", "must be a whole number of " + std::to_string(min) + " to " + std::to_string(max),
                   name);
  return std::optional<std::uint64_t>(value);
}

Result<std::string> Query::text(std::string_view name) const {
  const auto given = get(name);
  if (!given) return std::string();
  if (given->empty() || given->size() > kTextBytesMax)
    return invalid("query.range", "must have 1 to " + std::to_string(kTextBytesMax) + " bytes", std::string(name));
  return std::string(*given);
}

Result<bool> Query::flag(std::string_view name) const {
  const auto text = get(name);
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  return invalid("query.range", "must be true or false", name);
}

}  // namespace hub::http
