#include "adapters/models/task_types.hpp"

#include <algorithm>

#include "adapters/models/json_reading.hpp"

namespace hub::calls {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kRoles[] = {"system", "developer", "user", "assistant", "tool", "function"};
constexpr std::size_t kLanguageBytesMax = 100;
constexpr std::int64_t kMaxWordsMax = 1'000'000;
constexpr std::string_view kDefaultLanguage = "English";
/// The member whose value is a whole body to pass on.
constexpr std::string_view kWholeBody = "openai";

Failure wrong(std::string_view why, std::string_view field = "input") {
  return invalid("task.invalid_input", why, field);
}

std::string message(std::string_view role, std::string_view text) {
  return R"({"role":")" + std::string(role) + R"(","content":)" + json_string(text) + '}';
}
std::string only_user_says(std::string_view text) {
  return '[' + message("user", text) + ']';
}
std::string told_to(std::string_view instruction, std::string_view text) {
  return '[' + message("system", instruction) + ',' + message("user", text) + ']';
}

/// A misspelt member is not to be passed by in silence.
Result<void> only_members(element input, std::initializer_list<std::string_view> names) {
  object members;
  if (input.get(members) != simdjson::SUCCESS) return wrong("must be a text or an object");
  for (const auto& [name, value] : members)
    if (std::find(names.begin(), names.end(), name) == names.end())
      return wrong("not a member of this type's input", "input." + std::string(name).substr(0, kLanguageBytesMax));
  return success();
}

Result<std::string_view> text_member(element input, const std::string& name) {
  const auto value = member(input, name);
  if (!value || !value->is_string()) return wrong("a text is required", "input." + name);
  const auto text = text_of(value);
  if (text.empty()) return wrong("must not be empty", "input." + name);
  return text;
}

Result<std::string> language_member(element input, const std::string& name) {
  HUB_TRY(const auto text, text_member(input, name));
  if (text.size() > kLanguageBytesMax) return wrong("a language has at most 100 bytes", "input." + name);
  return std::string(text);
}

Result<void> check_message(element entry, const std::string& field) {
  const auto role = text_of(member(entry, "role"));
  if (std::find(std::begin(kRoles), std::end(kRoles), role) == std::end(kRoles))
    return wrong("must be system, developer, user, assistant or tool", field + ".role");
  const auto content = member(entry, "content");
  const bool given = content && !content->is_null();
  if (given ? !content->is_string() && !content->is_array() : role != "assistant")
    return wrong("must be a text or a list of parts", field + ".content");
  return success();
}

/// `last_said`: the text of the last message of a user.
Result<void> check_messages(element messages, const std::string& field, std::string& last_said) {
  array each;
  if (messages.get(each) != simdjson::SUCCESS || each.size() == 0)
    return wrong("must be a list with at least one message", field);
  std::size_t index = 0;
  for (const auto entry : each) {
    HUB_TRY(check_message(entry, field + '[' + std::to_string(index++) + ']'));
    if (text_of(member(entry, "role")) == "user") last_said = text_of(member(entry, "content"));
  }
  return success();
}

Result<Prompt> whole_chat(element input, element body) {
  HUB_TRY(only_members(input, {kWholeBody}));
  const auto messages = member(body, "messages");
  if (!messages) return wrong("messages are required", "input.openai.messages");
  Prompt prompt;
  HUB_TRY(check_messages(*messages, "input.openai.messages", prompt.text));
  prompt.body = simdjson::minify(body);
  return prompt;
}

Result<Prompt> generation(element input) {
  if (const auto body = member(input, kWholeBody)) return whole_chat(input, *body);
  Prompt prompt;
  if (const auto messages = member(input, "messages")) {
    HUB_TRY(only_members(input, {"messages"}));
    HUB_TRY(check_messages(*messages, "input.messages", prompt.text));
    prompt.json = simdjson::minify(*messages);
    return prompt;
  }
  HUB_TRY(only_members(input, {"prompt"}));
  HUB_TRY(const auto text, text_member(input, "prompt"));
  return Prompt{false, only_user_says(text), std::string(text), {}};
}

Result<Prompt> generation_of_text(std::string_view text) {
  return Prompt{false, only_user_says(text), std::string(text), {}};
}

std::string translate_into(const std::string& target, const std::string& source) {
  return "Translate the user's message " + (source.empty() ? "" : "from " + source + ' ') + "into " + target +
         ". Answer with the translation only.";
}

Result<Prompt> translation(element input) {
  HUB_TRY(only_members(input, {"text", "target_language", "source_language"}));
  HUB_TRY(const auto text, text_member(input, "text"));
  HUB_TRY(const auto target, language_member(input, "target_language"));
  std::string source;
  if (member(input, "source_language")) {
    HUB_TRY(source, language_member(input, "source_language"));
  }
  return Prompt{false, told_to(translate_into(target, source), text), std::string(text), {}};
}

Result<Prompt> translation_of_text(std::string_view text) {
  return Prompt{false, told_to(translate_into(std::string(kDefaultLanguage), {}), text), std::string(text), {}};
}

Result<Prompt> summary(std::string_view text, std::int64_t max_words) {
  const auto limit = max_words == 0 ? std::string() : " in at most " + std::to_string(max_words) + " words";
  return Prompt{false,
                told_to("Summarise the user's message" + limit + ". Answer with the summary only.", text),
                std::string(text),
                {}};
}

Result<Prompt> summarization(element input) {
  HUB_TRY(only_members(input, {"text", "max_words"}));
  HUB_TRY(const auto text, text_member(input, "text"));
  std::int64_t max_words = 0;
  if (const auto given = member(input, "max_words");
      given && (given->get(max_words) != simdjson::SUCCESS || max_words < 1 || max_words > kMaxWordsMax))
    return wrong("must be a whole number from 1 to 1,000,000", "input.max_words");
  return summary(text, max_words);
}

Result<Prompt> summarization_of_text(std::string_view text) {
  return summary(text, 0);
}

Result<Prompt> whole_embedding(element input, element body) {
  HUB_TRY(only_members(input, {kWholeBody}));
  const auto texts = member(body, "input");
  if (!texts || (!texts->is_string() && !texts->is_array()))
    return wrong("must be a text or a list", "input.openai.input");
  return Prompt{true, {}, std::string(text_of(texts)), simdjson::minify(body)};
}

Result<Prompt> embedding(element input) {
  if (const auto body = member(input, kWholeBody)) return whole_embedding(input, *body);
  array texts;
  if (input.get(texts) != simdjson::SUCCESS || texts.size() == 0 || texts.size() > kEmbeddingInputsMax)
    return wrong("must be a text or a list of 1 to 2,048 texts");
  std::size_t index = 0;
  for (const auto text : texts) {
    if (text_of(text).empty()) return wrong("must be a text", "input[" + std::to_string(index) + ']');
    ++index;
  }
  return Prompt{true, simdjson::minify(input), std::string(text_of(texts.at(0).value())), {}};
}

Result<Prompt> embedding_of_text(std::string_view text) {
  return Prompt{true, json_string(text), std::string(text), {}};
}

Result<Prompt> anything(element input) {
  const auto json = simdjson::minify(input);
  return Prompt{false, only_user_says(json), json, {}};
}

struct Row {
  TaskType type;
  std::string_view name;
  Result<Prompt> (*of_text)(std::string_view text);
  Result<Prompt> (*of_other)(element input);
};
/// The one place where a task type is added.
constexpr Row kRows[] = {
    {TaskType::text_generation, "text-generation", generation_of_text, generation},
    {TaskType::translation, "translation", translation_of_text, translation},
    {TaskType::summarization, "summarization", summarization_of_text, summarization},
    {TaskType::embedding, "embedding", embedding_of_text, embedding},
    {TaskType::custom, "custom", generation_of_text, anything},
};

const Row& row_of(TaskType type) {
  const auto found = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& row) { return row.type == type; });
  HUB_ASSERT(found != std::end(kRows));
  return *found;
}

}  // namespace

std::string_view name_of(TaskType type) {
  return row_of(type).name;
}

std::optional<TaskType> task_type_of(std::string_view name) {
  for (const auto& row : kRows)
    if (row.name == name) return row.type;
  return std::nullopt;
}

Result<Prompt> prompt_of(TaskType type, std::string_view input) {
  element root;
  if (!parse(input, root)) return malformed("json.invalid", "not valid JSON, or nested too deeply", "input");
  const auto& row = row_of(type);
  if (!root.is_string()) return row.of_other(root);
  if (text_of(root).empty()) return wrong("must not be empty");
  return row.of_text(text_of(root));
}

Result<void> check_input(TaskType type, std::string_view input) {
  HUB_TRY(prompt_of(type, input));
  return success();
}

}  // namespace hub::calls
