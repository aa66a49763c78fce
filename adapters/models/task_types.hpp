#pragma once
#include <string>
#include <string_view>

#include "adapters/models/request.hpp"

namespace hub::calls {

/// What a task asks for, in the terms that every model type understands.
struct Prompt {
  bool embeds = false;  ///< embeddings are wanted, not text
  std::string json;     ///< the chat's messages, or the texts to embed
  std::string text;     ///< what {{text}} stands for
  std::string body;     ///< a whole body to pass on; `json` is empty then
};

/// Reads a task's input. Fails: as check_input().
Result<Prompt> prompt_of(TaskType type, std::string_view input);

}  // namespace hub::calls
