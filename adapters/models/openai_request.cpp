#include "adapters/models/openai_request.hpp"

#include <algorithm>

#include "adapters/models/json_reading.hpp"
#include "adapters/models/model_types.hpp"

namespace hub::calls {
namespace {

using simdjson::dom::element;

constexpr std::string_view kOpenAi = "https://api.openai.com/v1";
constexpr std::string_view kOpenAiHost = "https://api.openai.com/";
constexpr double kTemperatureMax = 2;
/// Of a local server that does not ask for a name: it serves one model.
constexpr std::string_view kDefaultModel = "default";
constexpr std::string_view kUsageWanted = R"({"include_usage":true})";

Failure wrong(std::string_view field, std::string_view why) {
  return invalid("model.invalid_settings", why, field);
}

Result<void> check_sampling(const ModelSettings& settings) {
  if (settings.max_tokens && (*settings.max_tokens < 1 || *settings.max_tokens > kMaxTokensMax))
    return wrong("max_tokens", "must be 1 to 10,000,000");
  if (settings.temperature && !(*settings.temperature >= 0 && *settings.temperature <= kTemperatureMax))
    return wrong("temperature", "must be 0 to 2");
  return success();
}

std::string_view model_name(const ModelSettings& settings) {
  const std::string_view name = settings.type == ModelType::local ? settings.model_path : settings.model;
  return name.empty() ? kDefaultModel : name;
}

/// OpenAI's newer models refuse max_tokens; other servers know nothing else.
std::string_view limit_name(const ModelSettings& settings) {
  const bool theirs = openai_endpoint(settings).substr(0, kOpenAiHost.size()) == kOpenAiHost;
  return settings.type == ModelType::openai && theirs ? "max_completion_tokens" : "max_tokens";
}

void append_member(std::string& body, std::string_view name, std::string_view json) {
  body += body.size() > 1 ? "," : "";
  append_json_string(body, name);
  body += ':';
  body += json;
}

std::string number(double value) {
  std::string out;
  append_json_number(out, value);
  return out;
}

/// The model's own limits, where a body does not name others.
void append_sampling(std::string& body, const ModelSettings& settings, bool limited, bool tempered) {
  if (settings.max_tokens && !limited) append_member(body, limit_name(settings), std::to_string(*settings.max_tokens));
  if (settings.temperature && !tempered) append_member(body, "temperature", number(*settings.temperature));
}

std::string chat_body(const ModelSettings& settings, const Prompt& prompt) {
  std::string body = "{";
  append_member(body, "model", json_string(model_name(settings)));
  append_member(body, "messages", prompt.json);
  append_member(body, "stream", "true");
  append_member(body, "stream_options", kUsageWanted);
  append_sampling(body, settings, false, false);
  return body + '}';
}

std::string embeddings_body(const ModelSettings& settings, const Prompt& prompt) {
  std::string body = "{";
  append_member(body, "model", json_string(model_name(settings)));
  append_member(body, "input", prompt.json);
  append_member(body, "encoding_format", "\"float\"");
  return body + '}';
}

/// A body of somebody else's, its model replaced; a stream is to say its usage, which is what the task is billed by.
std::string passed_on(const ModelSettings& settings, const Prompt& prompt) {
  element root;
  HUB_ASSERT(parse(prompt.body, root) && root.is_object());
  const auto stream = member(root, "stream");
  bool streams = false;
  if (stream && stream->get(streams) != simdjson::SUCCESS) streams = false;
  std::string body = "{";
  append_member(body, "model", json_string(model_name(settings)));
  for (const auto& [name, value] : simdjson::dom::object(root))
    if (name != "model" && !(streams && name == "stream_options")) append_member(body, name, simdjson::minify(value));
  if (streams) append_member(body, "stream_options", kUsageWanted);
  if (!prompt.embeds)
    append_sampling(body, settings, member(root, "max_tokens") || member(root, "max_completion_tokens"),
                    member(root, "temperature").has_value());
  return body + '}';
}

bool is_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':';
  });
}

}  // namespace

Result<void> check_openai(const ModelSettings& settings) {
  if (settings.model.empty() || settings.model.size() > kModelNameBytesMax)
    return wrong("model", "the name of the model is required, of at most 512 bytes");
  if (settings.base_url.find_first_of("?#") != std::string::npos)
    return wrong("base_url", "paths are put behind it: it has no query and no fragment");
  if (settings.base_url.size() > kUrlBytesMax) return wrong("base_url", "a URL has at most 2,048 bytes");
  return check_sampling(settings);
}

Result<void> check_local(const ModelSettings& settings) {
  if (!is_host(settings.host) || settings.host.size() > kUrlBytesMax / 2)
    return wrong("host", "must be a name or an address");
  if (settings.port < 1 || settings.port > 65'535) return wrong("port", "must be 1 to 65535");
  if (settings.model_path.size() > kModelNameBytesMax) return wrong("model_path", "has at most 512 bytes");
  return check_sampling(settings);
}

std::string openai_endpoint(const ModelSettings& settings) {
  auto url = settings.base_url.empty() ? std::string(kOpenAi) : settings.base_url;
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

std::string local_endpoint(const ModelSettings& settings) {
  const bool v6 = settings.host.find(':') != std::string::npos;
  return "http://" + (v6 ? '[' + settings.host + ']' : settings.host) + ':' + std::to_string(settings.port) + "/v1";
}

Result<Request> openai_request(const ModelSettings& settings, std::string_view api_key, const Prompt& prompt,
                               std::string_view /*input*/) {
  Request request;
  request.url = row_of(settings.type).endpoint(settings) + (prompt.embeds ? "/embeddings" : "/chat/completions");
  request.shape = prompt.embeds ? Shape::embeddings : Shape::chat;
  request.keep_answer = !prompt.body.empty();
  request.body = !prompt.body.empty() ? passed_on(settings, prompt)
                 : prompt.embeds      ? embeddings_body(settings, prompt)
                                      : chat_body(settings, prompt);
  request.headers = {"Content-Type: application/json", "Accept: application/json, text/event-stream"};
  if (!api_key.empty()) request.headers.push_back("Authorization: Bearer " + std::string(api_key));
  request.secret = api_key;
  return request;
}

}  // namespace hub::calls
