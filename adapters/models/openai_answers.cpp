#include "adapters/models/openai_answers.hpp"

#include <simdjson.h>

#include <algorithm>

#include "adapters/models/json_reading.hpp"
#include "adapters/models/refusal.hpp"
#include "events/core/json.hpp"

namespace hub::calls {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

constexpr std::string_view kDone = "[DONE]";

std::string text_result(std::string_view text) {
  return R"({"text":)" + json_string(text) + '}';
}

/// An error in the body, whatever the status said.
bool has_error(element root, ErrorBody& error) {
  const auto found = member(root, "error");
  if (!found || found->is_null()) return false;
  error = error_of(root);
  return true;
}

/// message.content: null when there are tool calls only.
bool read_content(element message, std::string_view& text) {
  const auto content = member(message, "content");
  if (!content || content->is_null()) return true;
  return content->get(text) == simdjson::SUCCESS;
}

void append_tool_calls(std::string& result, std::string_view json) {
  result.pop_back();
  result += R"(,"tool_calls":)";
  result += json;
  result += '}';
}

}  // namespace

Reading read_chat(std::string_view body, Answer& answer) {
  element root;
  if (!parse(body, root)) return malformed_answer("the answer is not JSON");
  ErrorBody error;
  if (has_error(root, error)) return {error_in_answer(error)};
  array choices;
  element first;
  if (root["choices"].get(choices) != simdjson::SUCCESS || choices.at(0).get(first) != simdjson::SUCCESS)
    return malformed_answer("the answer has no choices");
  const auto message = member(first, "message");
  std::string_view text;
  if (!message || !message->is_object() || !read_content(*message, text))
    return malformed_answer("the answer's first choice has no message");
  answer.result = text_result(text);
  if (const auto calls = member(*message, "tool_calls"); calls && calls->is_array())
    append_tool_calls(answer.result, simdjson::minify(*calls));
  answer.finish_reason = text_of(member(first, "finish_reason"));
  answer.usage = usage_of(root);
  return {};
}

Reading read_pointed(std::string_view body, std::string_view pointer, Answer& answer) {
  element root;
  if (!parse(body, root)) return malformed_answer("the answer is not JSON");
  element found;
  if (root.at_pointer(pointer).get(found) != simdjson::SUCCESS) {
    ErrorBody error;
    if (has_error(root, error)) return {error_in_answer(error)};
    return malformed_answer("the answer has nothing at the result pointer");
  }
  std::string_view text;
  if (found.get(text) == simdjson::SUCCESS)
    answer.result = text_result(text);
  else
    answer.result = (is_list_of_vectors(found) ? R"({"embeddings":)" : R"({"json":)") + simdjson::minify(found) + '}';
  answer.usage = usage_of(root);
  return {};
}

ErrorBody read_error(std::string_view body) {
  element root;
  return parse(body, root) ? error_of(root) : ErrorBody{};
}

/// Reads one chunk into a stream.
class ChunkReader {
 public:
  explicit ChunkReader(ChatStream& stream) : stream_(stream) {}

  Reading read(element root) {
    if (const auto usage = usage_of(root); usage.known) stream_.usage_ = usage;
    array choices;
    if (root["choices"].get(choices) != simdjson::SUCCESS)
      return stream_.usage_.known ? Reading{} : malformed_answer("a chunk of the stream has no choices");
    for (const auto choice : choices)
      if (auto reading = read_choice(choice); !reading.good()) return reading;
    return {};
  }

 private:
  Reading read_choice(element choice) {
    std::uint64_t index = 0;
    if (const auto given = member(choice, "index"); given && given->get(index) != simdjson::SUCCESS)
      return malformed_answer("a chunk's choice has an index that is none");
    if (index >= kChoicesMax) return malformed_answer("the stream has too many choices");
    const auto [seen, added] = stream_.seen_.emplace(index, false);
    if (added) ++stream_.choices_;
    const auto reason = text_of(member(choice, "finish_reason"));
    if (!reason.empty() && !seen->second) {
      seen->second = true;
      ++stream_.finished_;
      if (index == 0) stream_.finish_reason_ = reason;
    }
    const auto delta = member(choice, "delta");
    if (index != 0 || !delta || delta->is_null()) return {};
    std::string_view text;
    if (!read_content(*delta, text)) return malformed_answer("a chunk's content is no text");
    stream_.piece_ += text;
    return read_tool_calls(*delta);
  }

  Reading read_tool_calls(element delta) {
    const auto calls = member(delta, "tool_calls");
    array each;
    if (!calls || calls->get(each) != simdjson::SUCCESS) return {};
    for (const auto call : each) {
      std::uint64_t index = 0;
      if (const auto given = member(call, "index"); given && given->get(index) != simdjson::SUCCESS)
        return malformed_answer("a tool call has an index that is none");
      if (index >= kToolCallsMax) return malformed_answer("the stream has too many tool calls");
      auto& whole = stream_.tool_calls_[index];
      whole.id += text_of(member(call, "id"));
      const auto function = member(call, "function");
      if (!function) continue;
      whole.name += text_of(member(*function, "name"));
      whole.arguments += text_of(member(*function, "arguments"));
    }
    return {};
  }

  ChatStream& stream_;
};

Reading ChatStream::add(std::string_view data, std::string_view& piece) {
  piece = {};
  if (done_) return {};
  if (data == kDone) {
    done_ = true;
    return {};
  }
  element root;
  if (!parse(data, root) || !root.is_object()) return malformed_answer("a chunk of the stream is not JSON");
  ErrorBody error;
  if (has_error(root, error)) return {error_in_answer(error)};
  piece_.clear();
  auto reading = ChunkReader(*this).read(root);
  text_ += piece_;
  piece = piece_;
  return reading;
}

Answer ChatStream::answer() const {
  Answer answer{text_result(text_), finish_reason_, usage_};
  if (tool_calls_.empty()) return answer;
  std::string calls = "[";
  for (const auto& [index, call] : tool_calls_) {
    if (calls.size() > 1) calls += ',';
    calls += R"({"id":)" + json_string(call.id) + R"(,"type":"function","function":{"name":)" + json_string(call.name) +
             R"(,"arguments":)" + json_string(call.arguments) + "}}";
  }
  append_tool_calls(answer.result, calls + ']');
  return answer;
}

}  // namespace hub::calls
