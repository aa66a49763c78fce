#pragma once
#include <string>
#include <string_view>

#include "events/core/result.hpp"
#include "gateway/http/response.hpp"
#include "projections/tasks/view.hpp"

namespace hub::routes {

// What the OpenAI-compatible endpoints answer.

/// {"error": {message, type, param, code}} with the status and headers that refuse() gives the failure.
http::Response openai_refusal(const http::Request& request, const Failure& failure);
/// The JSON of an error within a stream.
std::string openai_error(std::string_view message, std::string_view code);

/// A chat.completion, or a list of embeddings, made of a task's result: {text, tool_calls?} or {embeddings}.
/// Fails: internal `task.no_result`, when it is neither.
Result<std::string> openai_answer(const task_rows::View& task, std::string_view model, std::string_view result);
/// One chat.completion.chunk with all of the text.
Result<std::string> openai_chunk(const task_rows::View& task, std::string_view model, std::string_view result);

}  // namespace hub::routes
