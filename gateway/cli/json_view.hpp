#pragma once
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "events/core/instant.hpp"
#include "events/core/result.hpp"

namespace hub::cli {

/// Reads answers of the server. What is absent, null or of another type reads as empty: a newer server may say more or
/// less, and a table shows what there is.
std::string text_at(const boost::json::value& object, std::string_view name);
std::optional<std::int64_t> number_at(const boost::json::value& object, std::string_view name);
Instant instant_at(const boost::json::value& object, std::string_view name);
/// Null when there is none.
const boost::json::value& value_at(const boost::json::value& object, std::string_view name);
/// Empty when there is none.
const boost::json::array& array_at(const boost::json::value& object, std::string_view name);

/// Fails: internal `cli.answer_invalid` when the bytes are no JSON object.
Result<boost::json::value> parse_answer(std::string_view body);

}  // namespace hub::cli
