#include "gateway/cli/model_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "events/core/instant.hpp"
#include "gateway/cli/flag_values.hpp"
#include "gateway/cli/text.hpp"

namespace hub::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kKeyBytesMax = 64 * 1'024;
constexpr std::size_t kTemplateBytesMax = std::size_t{1} << 20U;
constexpr std::int64_t kAnyCount = std::numeric_limits<std::int64_t>::max();

enum class Kind { text, whole, number, json_or_text, names };

/// What may be set, by the API's names. What is right is the server's to say; here it is only how a value is written.
struct Setting {
  std::string_view key;
  Kind kind;
};
constexpr Setting kSettings[] = {{"name", Kind::text},
                                 {"base_url", Kind::text},
                                 {"model", Kind::text},
                                 {"host", Kind::text},
                                 {"port", Kind::whole},
                                 {"model_path", Kind::text},
                                 {"url", Kind::text},
                                 {"request_template", Kind::json_or_text},
                                 {"result_pointer", Kind::text},
                                 {"max_tokens", Kind::whole},
                                 {"temperature", Kind::number},
                                 {"max_workers", Kind::whole},
                                 {"max_queue_size", Kind::whole},
                                 {"fallbacks", Kind::names},
                                 {"price.prompt_usd_micro_per_million", Kind::whole},
                                 {"price.completion_usd_micro_per_million", Kind::whole},
                                 {"task_defaults.timeout", Kind::text},
                                 {"task_defaults.max_retries", Kind::whole},
                                 {"task_defaults.retry_delay", Kind::text}};
// Of these every name inside may be set.
constexpr std::string_view kMaps[] = {"headers", "labels"};

Result<json::value> number_of(const std::string& text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(value))
    return wrong_usage(fmt::format("\"{}\" is not a number, as 0.7", printable(text)));
  return json::value(value);
}

/// A template is JSON, or a text that becomes JSON once it is filled in.
json::value json_or_text(const std::string& text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  return error ? json::value(text) : value;
}

/// "large,local" in their order; nothing is no name.
json::value names_of(std::string_view text) {
  json::array names;
  while (!text.empty()) {
    const auto name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

Result<json::value> value_of(Kind kind, const std::string& text) {
  if (text == "null") return json::value();
  switch (kind) {
    case Kind::text:
      return json::value(text);
    case Kind::whole: {
      HUB_TRY(const auto count, parse_count(text, 0, kAnyCount));
      return json::value(count);
    }
    case Kind::number:
      return number_of(text);
    case Kind::json_or_text:
      return json_or_text(text);
    case Kind::names:
      return names_of(text);
  }
  HUB_ASSERT(false);
  return json::value();
}

/// At "labels.team" inside "labels"; a name inside may hold dots itself.
void put(json::object& body, std::string_view key, json::value value) {
  const auto dot = key.find('.');
  if (dot == std::string_view::npos) {
    body[key] = std::move(value);
    return;
  }
  object_in(body, key.substr(0, dot))[key.substr(dot + 1)] = std::move(value);
}

bool is_in_map(std::string_view key) {
  const auto dot = key.find('.');
  return dot != std::string_view::npos && dot + 1 < key.size() &&
         std::find(std::begin(kMaps), std::end(kMaps), key.substr(0, dot)) != std::end(kMaps);
}

Result<Kind> kind_of(std::string_view key) {
  if (is_in_map(key)) return Kind::text;
  if (key == "api_key")
    return wrong_usage(
        "an API key on a command line is seen by everybody on the machine: use --api-key-file or --api-key-env");
  std::vector<std::string_view> names;
  for (const auto& setting : kSettings) {
    if (setting.key == key) return setting.kind;
    names.push_back(setting.key);
  }
  return wrong_usage(fmt::format("\"{}\" is no setting of a model{}", printable(key), did_you_mean(key, names)));
}

/// A flag that is one setting.
Result<void> put_flag(json::object& body, std::string_view flag, std::string_view key, const std::string& text) {
  if (text.empty()) return success();
  HUB_TRY(const auto kind, kind_of(key));
  HUB_TRY(auto value, named(value_of(kind, text), flag));
  put(body, key, std::move(value));
  return success();
}

Result<void> apply_plain(const ModelFlags& flags, json::object& body) {
  HUB_TRY(put_flag(body, "--base-url", "base_url", flags.base_url));
  HUB_TRY(put_flag(body, "--model", "model", flags.model));
  HUB_TRY(put_flag(body, "--host", "host", flags.host));
  HUB_TRY(put_flag(body, "--port", "port", flags.port));
  HUB_TRY(put_flag(body, "--model-path", "model_path", flags.model_path));
  HUB_TRY(put_flag(body, "--endpoint-url", "url", flags.url));
  HUB_TRY(put_flag(body, "--result-pointer", "result_pointer", flags.result_pointer));
  HUB_TRY(put_flag(body, "--max-tokens", "max_tokens", flags.max_tokens));
  HUB_TRY(put_flag(body, "--temperature", "temperature", flags.temperature));
  HUB_TRY(put_flag(body, "--workers", "max_workers", flags.workers));
  HUB_TRY(put_flag(body, "--queue", "max_queue_size", flags.queue));
  HUB_TRY(put_flag(body, "--max-retries", "task_defaults.max_retries", flags.max_retries));
  return success();
}

Result<void> put_span(json::object& body, std::string_view flag, std::string_view key, const std::string& text) {
  if (text.empty()) return success();
  HUB_TRY(const auto span, named(parse_duration(text), flag));
  put(body, key, json::value(to_text(span)));
  return success();
}

Result<void> put_price(json::object& body, std::string_view flag, std::string_view key, const std::string& text) {
  if (text.empty()) return success();
  HUB_TRY(const auto price, named(parse_usd_micro(text), flag));
  put(body, key, json::value(price));
  return success();
}

Result<void> put_pairs(json::object& body, std::string_view flag, std::string_view name,
                       const std::vector<std::string>& given) {
  for (const auto& text : given) {
    HUB_TRY(const auto pair, split_pair(text, '=', flag, "KEY=VALUE"));
    object_in(body, name)[pair.left] = pair.right;
  }
  return success();
}

Result<void> put_template(json::object& body, const std::string& given) {
  if (given.empty()) return success();
  auto text = given;
  if (given.front() == '@') {
    HUB_TRY(text, read_given(given.substr(1), kTemplateBytesMax, "--template"));
  }
  body["request_template"] = json_or_text(text);
  return success();
}

Result<std::string> api_key_of(const ModelFlags& flags, const Session& session) {
  if (!flags.key_file.empty() && !flags.key_variable.empty())
    return wrong_usage("--api-key-file and --api-key-env both say where the key is: give one", "--api-key-file");
  std::string key;
  if (!flags.key_file.empty()) {
    HUB_TRY(key, read_given(flags.key_file, kKeyBytesMax, "--api-key-file"));
    key = key.substr(0, key.find_first_of("\r\n"));
    if (key.empty())
      return wrong_usage(fmt::format("--api-key-file: the first line of {} is empty", flags.key_file),
                         "--api-key-file");
  }
  if (!flags.key_variable.empty()) {
    const auto found = session.environment.find(flags.key_variable);
    if (found == session.environment.end() || found->second.empty())
      return wrong_usage(fmt::format("--api-key-env: {} is not set", printable(flags.key_variable)), "--api-key-env");
    key = found->second;
  }
  return key;
}

}  // namespace

Result<void> apply_flags(const ModelFlags& flags, const Session& session, json::object& body) {
  HUB_TRY(apply_plain(flags, body));
  HUB_TRY(put_span(body, "--timeout", "task_defaults.timeout", flags.task_timeout));
  HUB_TRY(put_span(body, "--retry-delay", "task_defaults.retry_delay", flags.retry_delay));
  HUB_TRY(put_price(body, "--price-prompt", "price.prompt_usd_micro_per_million", flags.price_prompt));
  HUB_TRY(put_price(body, "--price-completion", "price.completion_usd_micro_per_million", flags.price_completion));
  HUB_TRY(put_pairs(body, "--header", "headers", flags.headers));
  HUB_TRY(put_pairs(body, "--label", "labels", flags.labels));
  HUB_TRY(put_template(body, flags.request_template));
  HUB_TRY(const auto key, api_key_of(flags, session));
  if (!key.empty()) body["api_key"] = key;
  return success();
}

Result<void> apply_settings(const std::vector<std::string>& settings, json::object& body) {
  for (const auto& text : settings) {
    // A key given here is not said back.
    const auto at = text.find('=');
    const auto key = text.substr(0, at);
    if (key == "api_key" && text == "api_key=null") {
      body["api_key"] = nullptr;
      continue;
    }
    if (at == std::string::npos || at == 0)
      return wrong_usage(fmt::format("\"{}\": write it as KEY=VALUE, as max_workers=10", printable(key)));
    HUB_TRY(const auto kind, kind_of(key));
    HUB_TRY(auto value, named(value_of(kind, text.substr(at + 1)), key));
    if (value.is_null() && key.find('.') != std::string::npos && !is_in_map(key))
      return wrong_usage(fmt::format("{} is never without a value: give it another one", key));
    put(body, key, std::move(value));
  }
  return success();
}

}  // namespace hub::cli
