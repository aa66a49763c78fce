#include "adapters/models/request.hpp"

#include <gmock/gmock.h>

namespace hub::calls {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

ModelSettings openai() {
  ModelSettings settings;
  settings.model = "gpt-4o-mini";
  return settings;
}
ModelSettings local() {
  ModelSettings settings;
  settings.type = ModelType::local;
  settings.host = "gpu1";
  settings.port = 8'000;
  return settings;
}
ModelSettings custom(std::string request_template = {}) {
  ModelSettings settings;
  settings.type = ModelType::custom;
  settings.url = "https://models.example/run";
  settings.model = "m\"1";
  settings.request_template.text = std::move(request_template);
  return settings;
}
Request made(const ModelSettings& settings, TaskType type, std::string_view input, std::string_view key = "sk-1") {
  auto request = make_request(settings, key, type, input);
  if (!request) {
    ADD_FAILURE() << request.error().code << ' ' << request.error().field << ' ' << request.error().detail;
    return {};
  }
  return std::move(request).value();
}
std::string body(TaskType type, std::string_view input) {
  return made(openai(), type, input).body;
}
/// The field that is wrong, "ok" when none is.
std::string wrong_input(TaskType type, std::string_view input) {
  const auto checked = check_input(type, input);
  if (checked) return "ok";
  EXPECT_TRUE(checked.error().code == "task.invalid_input" || checked.error().code == "json.invalid");
  return checked.error().field;
}
std::string wrong_setting(const ModelSettings& settings) {
  const auto checked = check_settings(settings);
  if (checked) return "ok";
  EXPECT_EQ(checked.error().code, "model.invalid_settings");
  return checked.error().field;
}

TEST(TaskTypes, HaveTheirNames) {
  for (const auto name : {"text-generation", "translation", "summarization", "embedding", "custom"}) {
    ASSERT_TRUE(task_type_of(name)) << name;
    EXPECT_EQ(name_of(*task_type_of(name)), name);
  }
  EXPECT_FALSE(task_type_of("chat"));
  EXPECT_EQ(model_type_of("local"), ModelType::local);
  EXPECT_EQ(name_of(ModelType::openai), "openai");
  EXPECT_FALSE(model_type_of("vllm"));
}

TEST(Requests, ATextIsTheOnlyUserMessageUnchanged) {
  EXPECT_EQ(body(TaskType::text_generation, R"("say \"hi\"\n")"),
            R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":"say \"hi\"\n"}],"stream":true,)"
            R"("stream_options":{"include_usage":true}})");
  EXPECT_EQ(body(TaskType::text_generation, R"({"prompt":"say"})"), body(TaskType::text_generation, R"("say")"));
  EXPECT_EQ(body(TaskType::custom, R"("say")"), body(TaskType::text_generation, R"("say")"));
}

TEST(Requests, MessagesTravelAsTheyAre) {
  EXPECT_THAT(
      body(
          TaskType::text_generation,
          R"({"messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"x"}]}]})"),
      ::testing::HasSubstr(
          R"("messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"x"}]}])"));
}

TEST(Requests, TranslationAndSummariesTellTheModelWhatToDo) {
  EXPECT_THAT(
      body(TaskType::translation, R"({"text":"Hallo","target_language":"French","source_language":"German"})"),
      ::testing::HasSubstr(R"([{"role":"system","content":"Translate the user's message from German into French.)"
                           R"( Answer with the translation only."},{"role":"user","content":"Hallo"}])"));
  EXPECT_THAT(body(TaskType::translation, R"("Hallo")"), ::testing::HasSubstr("into English."));
  EXPECT_THAT(body(TaskType::summarization, R"({"text":"long","max_words":20})"),
              ::testing::HasSubstr("in at most 20 words."));
  EXPECT_THAT(body(TaskType::summarization, R"("long")"), ::testing::HasSubstr("Summarise the user's message."));
}

TEST(Requests, EmbeddingsGoToTheirOwnPath) {
  const auto request = made(openai(), TaskType::embedding, R"(["a","b"])");
  EXPECT_EQ(request.url, "https://api.openai.com/v1/embeddings");
  EXPECT_EQ(request.shape, Shape::embeddings);
  EXPECT_EQ(request.body, R"({"model":"gpt-4o-mini","input":["a","b"],"encoding_format":"float"})");
  EXPECT_THAT(body(TaskType::embedding, R"("a")"), ::testing::HasSubstr(R"("input":"a")"));
}

TEST(Requests, CarryTheKeyOnce) {
  const auto request = made(openai(), TaskType::text_generation, R"("x")");
  EXPECT_THAT(request.headers, Contains("Authorization: Bearer sk-1"));
  EXPECT_EQ(request.secret, "sk-1");
  EXPECT_EQ(request.body.find("sk-1"), std::string::npos);
  EXPECT_THAT(made(local(), TaskType::text_generation, R"("x")", "").headers,
              Not(Contains(::testing::StartsWith("Authorization"))));
  EXPECT_FALSE(make_request(openai(), "two\r\nlines", TaskType::text_generation, R"("x")"));
  EXPECT_EQ(check_api_key("a key").error().field, "api_key");
}

TEST(Requests, LimitsOfTheModelAreWrittenAsTheServerKnowsThem) {
  auto settings = openai();
  settings.max_tokens = 64;
  settings.temperature = 0.5;
  EXPECT_THAT(made(settings, TaskType::text_generation, R"("x")").body,
              ::testing::HasSubstr(R"("max_completion_tokens":64,"temperature":0.5})"));
  settings.base_url = "https://other.example/v1//";
  const auto request = made(settings, TaskType::text_generation, R"("x")");
  EXPECT_EQ(request.url, "https://other.example/v1/chat/completions");
  EXPECT_THAT(request.body, ::testing::HasSubstr(R"("max_tokens":64)"));
}

TEST(Requests, ALocalServerIsCalledByHostAndPort) {
  auto settings = local();
  EXPECT_EQ(made(settings, TaskType::text_generation, R"("x")").url, "http://gpu1:8000/v1/chat/completions");
  EXPECT_THAT(made(settings, TaskType::text_generation, R"("x")").body, ::testing::HasSubstr(R"("model":"default")"));
  settings.host = "fd00::5";
  settings.model_path = "/models/llama.gguf";
  EXPECT_EQ(endpoint_of(settings), "http://[fd00::5]:8000/v1");
  EXPECT_THAT(made(settings, TaskType::text_generation, R"("x")").body,
              ::testing::HasSubstr(R"("model":"/models/llama.gguf")"));
}

TEST(Requests, AWholeBodyIsPassedOnWithTheModelsOwnName) {
  auto settings = openai();
  settings.max_tokens = 64;
  settings.temperature = 1;
  const auto streamed =
      made(settings, TaskType::text_generation,
           R"({"openai":{"model":"mine","messages":[{"role":"user","content":"x"}],"stream":true,)"
           R"("stream_options":{"include_usage":false},"temperature":0,"tools":[{"type":"function"}]}})");
  EXPECT_EQ(streamed.body,
            R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}],"stream":true,"temperature":0,)"
            R"("tools":[{"type":"function"}],"stream_options":{"include_usage":true},"max_completion_tokens":64})");
  EXPECT_TRUE(streamed.keep_answer);
  const auto whole = made(settings, TaskType::text_generation,
                          R"({"openai":{"messages":[{"role":"user","content":"x"}],"max_tokens":5}})");
  EXPECT_EQ(whole.body,
            R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}],"max_tokens":5,"temperature":1})");
  EXPECT_EQ(
      made(settings, TaskType::embedding, R"({"openai":{"model":"x","input":[1,2],"encoding_format":"base64"}})").body,
      R"({"model":"gpt-4o-mini","input":[1,2],"encoding_format":"base64"})");
}

TEST(Inputs, OfAnotherShapeAreRefusedByTheirField) {
  using enum TaskType;
  EXPECT_EQ(wrong_input(text_generation, R"("")"), "input");
  EXPECT_EQ(wrong_input(text_generation, "5"), "input");
  EXPECT_EQ(wrong_input(text_generation, "null"), "input");
  EXPECT_EQ(wrong_input(text_generation, "{"), "input");
  EXPECT_EQ(wrong_input(text_generation, "{}"), "input.prompt");
  EXPECT_EQ(wrong_input(text_generation, R"({"prompt":5})"), "input.prompt");
  EXPECT_EQ(wrong_input(text_generation, R"({"prompt":"x","temprature":1})"), "input.temprature");
  EXPECT_EQ(wrong_input(text_generation, R"({"messages":[]})"), "input.messages");
  EXPECT_EQ(wrong_input(text_generation, R"({"messages":"x"})"), "input.messages");
  EXPECT_EQ(wrong_input(text_generation, R"({"messages":[{"role":"user","content":"x"}],"prompt":"x"})"),
            "input.prompt");
  EXPECT_EQ(wrong_input(text_generation, R"({"messages":[{"role":"king","content":"x"}]})"), "input.messages[0].role");
  EXPECT_EQ(wrong_input(text_generation, R"({"messages":[{"role":"user","content":"x"},{"role":"user"}]})"),
            "input.messages[1].content");
  EXPECT_EQ(wrong_input(text_generation, R"({"messages":[{"role":"assistant","content":null}]})"), "ok");
  EXPECT_EQ(wrong_input(text_generation, R"({"openai":{"prompt":"x"}})"), "input.openai.messages");
  EXPECT_EQ(wrong_input(translation, R"({"text":"x"})"), "input.target_language");
  EXPECT_EQ(wrong_input(translation, R"({"target_language":"fr"})"), "input.text");
  EXPECT_EQ(wrong_input(translation, R"({"text":"x","target_language":")" + std::string(101, 'x') + "\"}"),
            "input.target_language");
  EXPECT_EQ(wrong_input(summarization, R"({"text":"x","max_words":0})"), "input.max_words");
  EXPECT_EQ(wrong_input(summarization, R"(["x"])"), "input");
  EXPECT_EQ(wrong_input(embedding, "[]"), "input");
  EXPECT_EQ(wrong_input(embedding, R"(["x",5])"), "input[1]");
  EXPECT_EQ(wrong_input(embedding, R"({"openai":{}})"), "input.openai.input");
  EXPECT_EQ(wrong_input(custom, R"({"any":["thing",null]})"), "ok");
  std::string many = "[";
  for (std::size_t i = 0; i < kEmbeddingInputsMax; ++i) many += R"("x",)";
  EXPECT_EQ(wrong_input(embedding, many + R"("x"])"), "input");
  EXPECT_EQ(wrong_input(text_generation, '"' + std::string(1'000'000, 'x') + '"'), "ok");
  EXPECT_EQ(wrong_input(custom, std::string(100, '[') + std::string(100, ']')), "input");
}

TEST(Settings, OutOfRangeAreRefusedByTheirField) {
  EXPECT_EQ(wrong_setting(openai()), "ok");
  EXPECT_EQ(wrong_setting(local()), "ok");
  EXPECT_EQ(wrong_setting(custom()), "ok");
  auto settings = openai();
  settings.model.clear();
  EXPECT_EQ(wrong_setting(settings), "model");
  settings = openai();
  settings.base_url = "https://x.example/v1?key=1";
  EXPECT_EQ(wrong_setting(settings), "base_url");
  for (const std::int64_t tokens : {std::int64_t{0}, std::int64_t{-1}, kMaxTokensMax + 1}) {
    settings = openai();
    settings.max_tokens = tokens;
    EXPECT_EQ(wrong_setting(settings), "max_tokens");
  }
  settings = openai();
  settings.temperature = 2.1;
  EXPECT_EQ(wrong_setting(settings), "temperature");
  for (const auto host : {"", "a/b", "user@host", "a b", "host?x"}) {
    settings = local();
    settings.host = host;
    EXPECT_EQ(wrong_setting(settings), "host");
  }
  settings = local();
  settings.port = 65'536;
  EXPECT_EQ(wrong_setting(settings), "port");
  settings = custom();
  settings.url.clear();
  EXPECT_EQ(wrong_setting(settings), "url");
  settings = custom();
  settings.result_pointer = "out";
  EXPECT_EQ(wrong_setting(settings), "result_pointer");
}

TEST(CustomModels, FillTheirTemplate) {
  const auto filled = [](std::string request_template, std::string_view input) {
    return made(custom(std::move(request_template)), TaskType::custom, input).body;
  };
  EXPECT_EQ(filled("", R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(filled(R"({"m":"{{model}}","in":"{{input}}","t":"{{text}}"})", R"("a \"b\"")"),
            R"({"m":"m\"1","in":"a \"b\"","t":"a \"b\""})");
  EXPECT_EQ(filled(R"({"in":"{{input}}"})", R"({"a":[1,"{{text}}"]})"), R"({"in":{"a":[1,"{{text}}"]}})");
  EXPECT_EQ(filled(R"({"say":"Q: {{text}}, {{model}}!"})", R"("a \"b\"\n")"), R"({"say":"Q: a \"b\"\n, m\"1!"})");
  EXPECT_EQ(filled(R"({"say":"\"{{text}}"})", R"("x")"), R"({"say":"\"x"})");
  EXPECT_EQ(filled(R"("{\"in\": {{input}}, \"n\": 1}")", R"({"a":1})"), R"({"in": {"a":1}, "n": 1})");
}

TEST(CustomModels, RefuseATemplateThatMakesNoJson) {
  for (const auto request_template :
       {"{", R"({"a":"{{key}}"})", R"({"a":"{{text"})", R"("{{text}} {{text}}")", R"("{\"a\": {{text}")"})
    EXPECT_EQ(wrong_setting(custom(request_template)), "request_template") << request_template;
  EXPECT_EQ(wrong_setting(custom('"' + std::string(kTemplateBytesMax, 'x') + '"')), "request_template");
}

TEST(CustomModels, PutTheKeyWhereTheirHeadersSay) {
  auto settings = custom();
  EXPECT_THAT(made(settings, TaskType::custom, "1").headers,
              ElementsAre("Content-Type: application/json", "Accept: application/json", "Authorization: Bearer sk-1"));
  settings.headers = {{"X-Key", "id:{{api_key}}"}, {"content-type", "application/vnd.x+json"}, {"X-Empty", ""}};
  EXPECT_THAT(
      made(settings, TaskType::custom, "1").headers,
      ElementsAre("X-Key: id:sk-1", "content-type: application/vnd.x+json", "X-Empty;", "Accept: application/json"));
  settings.headers = {{"Authorization", "Basic abc"}};
  EXPECT_THAT(made(settings, TaskType::custom, "1").headers, Not(Contains("Authorization: Bearer sk-1")));
}

TEST(CustomModels, RefuseHeadersThatAreNone) {
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"", "x"},
                                                        {"a b", "x"},
                                                        {"a:", "x"},
                                                        {"A", "x\r\nB: y"},
                                                        {"Host", "x"},
                                                        {"content-LENGTH", "1"},
                                                        {"A", std::string(kHeaderBytesMax, 'x')}}) {
    auto settings = custom();
    settings.headers = {{name, value}};
    EXPECT_THAT(wrong_setting(settings), ::testing::StartsWith("headers")) << name;
  }
  auto settings = custom();
  settings.headers.assign(kHeadersMax + 1, {"A", "x"});
  EXPECT_EQ(wrong_setting(settings), "headers");
}

}  // namespace
}  // namespace hub::calls
