#pragma once
// What the readers of answers share. Heavy to compile: for .cpp files only.
#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "adapters/models/openai_answers.hpp"

namespace hub::calls {

/// Parses with this thread's parser: `root` and what hangs on it hold until the next call. False: not JSON, not UTF-8
/// or nested too deeply.
bool parse(std::string_view bytes, simdjson::dom::element& root);

/// A member of an object; empty when it is no object or has none of the name.
std::optional<simdjson::dom::element> member(simdjson::dom::element object, std::string_view name);
/// Empty when it is no string.
std::string_view text_of(std::optional<simdjson::dom::element> value);
/// Of an answer or a chunk.
Usage usage_of(simdjson::dom::element root);
ErrorBody error_of(simdjson::dom::element root);
/// [[1, 2], [3, 4]], not empty.
bool is_list_of_vectors(simdjson::dom::element value);

inline Reading malformed_answer(std::string_view why) {
  return {{Retry::retry, kMalformedAnswer, std::string(why)}};
}

}  // namespace hub::calls
