#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "events/core/json.hpp"
#include "events/core/result.hpp"

namespace hub::calls {

/// What is asked of a model. Another one: a name here, a line in the table of task_types.cpp.
enum class TaskType : std::uint8_t { text_generation, translation, summarization, embedding, custom };
/// Whom to ask. Another one: a name here, a line in the table of model_types.cpp.
enum class ModelType : std::uint8_t { openai, local, custom };

std::string_view name_of(TaskType type);   ///< "text-generation", …
std::string_view name_of(ModelType type);  ///< "openai", …
std::optional<TaskType> task_type_of(std::string_view name);
std::optional<ModelType> model_type_of(std::string_view name);

inline constexpr std::size_t kUrlBytesMax = 2'048;
inline constexpr std::size_t kModelNameBytesMax = 512;  ///< of ModelSettings::model and model_path
inline constexpr std::size_t kHeadersMax = 32;
inline constexpr std::size_t kHeaderBytesMax = 8'192;  ///< of one header, name and value
inline constexpr std::size_t kTemplateBytesMax = 65'536;
inline constexpr std::size_t kPointerBytesMax = 1'024;
inline constexpr std::int64_t kMaxTokensMax = 10'000'000;
inline constexpr std::size_t kEmbeddingInputsMax = 2'048;

/// How to call a model, without its key. Only the fields of its type count; check_settings() refuses the others.
struct ModelSettings {
  ModelType type = ModelType::openai;

  std::string base_url;                    ///< openai: "https://api.openai.com/v1", the default when empty
  std::string model;                       ///< openai: required; custom: what {{model}} stands for
  std::optional<std::int64_t> max_tokens;  ///< openai, local: 1 … kMaxTokensMax
  std::optional<double> temperature;       ///< openai, local: 0 … 2

  std::string host;        ///< local: a name or an address
  std::int32_t port = 0;   ///< local: 1 … 65535
  std::string model_path;  ///< local: the name under which the server knows the model; llama.cpp takes any

  std::string url;  ///< custom: where to POST to
  /// custom: name and value. {{api_key}} in a value stands for the key; without it and without an Authorization header
  /// a key travels as "Authorization: Bearer".
  std::vector<std::pair<std::string, std::string>> headers;
  /// custom: the body's JSON, or a JSON string that holds its text. {{input}} stands for the input's JSON, {{text}} for
  /// the JSON string of its text, {{model}} for that of the model's name: alone in a string ("{{input}}") or outside of
  /// strings the JSON itself, inside a longer string its characters. Empty: {{input}}.
  RawJson request_template;
  /// custom: JSON pointer to the result in the answer; empty: the whole answer.
  std::string result_pointer;
};

/// What the answer is read as.
enum class Shape : std::uint8_t { chat, embeddings, pointed };

/// One HTTP POST. Only JSON travels.
struct Request {
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"; the secret may be among them: never to be logged
  std::string body;
  Shape shape = Shape::chat;
  std::string result_pointer;  ///< of Shape::pointed
  bool keep_answer = false;    ///< Outcome::answer is wanted: the caller passes a whole answer on
  std::string secret;          ///< taken out of everything that is told of the call
};

/// A model's settings, for when it is made or changed. The addresses that may be called are OutboundGuard's matter:
/// see endpoint_of().
/// Fails: invalid `model.invalid_settings` with the field.
Result<void> check_settings(const ModelSettings& settings);

/// The URL that its calls go to: what OutboundGuard::check_url is to see.
std::string endpoint_of(const ModelSettings& settings);

/// An API key as it is given: printable ASCII without blanks, at most kHeaderBytesMax; empty is none.
/// Fails: invalid `model.invalid_settings`, field api_key.
Result<void> check_api_key(std::string_view api_key);

/// A task's input. A JSON string is the text for every type; besides
/// text-generation: {"messages": […]} or {"prompt": "…"}; translation: {"text", "target_language", "source_language"?}
/// (of a bare string into English); summarization: {"text", "max_words"?}; embedding: strings; custom: anything.
/// text-generation and embedding also take {"openai": {…}}: a whole body of /v1/chat/completions or /v1/embeddings,
/// passed on as it is, its model replaced by the model's own.
/// Fails: malformed `json.invalid`; invalid `task.invalid_input` with the field.
Result<void> check_input(TaskType type, std::string_view input);

/// The call that a task makes. Chat calls stream, except where an {"openai"} body does not ask for it.
/// Fails: as check_input() and check_settings() do, for what was not checked before.
Result<Request> make_request(const ModelSettings& settings, std::string_view api_key, TaskType type,
                             std::string_view input);

}  // namespace hub::calls
