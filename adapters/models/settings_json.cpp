#include "adapters/models/settings_json.hpp"

#include <algorithm>
#include <boost/describe.hpp>
#include <map>

#include "events/core/json_codec.hpp"

namespace hub::calls {
namespace {

struct Given {
  std::string base_url;
  std::string model;
  std::optional<std::int64_t> max_tokens;
  std::optional<double> temperature;
  std::string host;
  std::int32_t port = 0;
  std::string model_path;
  std::string url;
  std::map<std::string, std::string> headers;
  RawJson request_template;
  std::string result_pointer;
};
BOOST_DESCRIBE_STRUCT(Given, (),
                      (base_url, model, max_tokens, temperature, host, port, model_path, url, headers, request_template,
                       result_pointer))

struct Allowed {
  ModelType type;
  std::initializer_list<std::string_view> names;
};
const Allowed kAllowed[] = {
    {ModelType::openai, {"base_url", "model", "max_tokens", "temperature"}},
    {ModelType::local, {"host", "port", "model_path", "max_tokens", "temperature"}},
    {ModelType::custom, {"model", "url", "headers", "request_template", "result_pointer"}},
};

/// What does not belong to the type would have no effect, which is never what was meant.
Result<void> check_names(ModelType type, std::string_view json) {
  HUB_TRY(const auto given, (from_json<std::map<std::string, RawJson>>(json)));
  const auto allowed = std::find_if(std::begin(kAllowed), std::end(kAllowed),
                                    [&](const Allowed& each) { return each.type == type; });
  HUB_ASSERT(allowed != std::end(kAllowed));
  for (const auto& [name, value] : given)
    if (std::find(allowed->names.begin(), allowed->names.end(), name) == allowed->names.end())
      return invalid("model.invalid_settings", "a model of this type does not have it", name);
  return success();
}

}  // namespace

Result<ModelSettings> settings_of(std::string_view type, std::string_view json) {
  const auto known = model_type_of(type);
  if (!known) return invalid("model.invalid_settings", "must be openai, local or custom", "type");
  HUB_TRY(check_names(*known, json));
  HUB_TRY(auto given, from_json<Given>(json));
  ModelSettings settings;
  settings.type = *known;
  settings.base_url = std::move(given.base_url);
  settings.model = std::move(given.model);
  settings.max_tokens = given.max_tokens;
  settings.temperature = given.temperature;
  settings.host = std::move(given.host);
  settings.port = given.port;
  settings.model_path = std::move(given.model_path);
  settings.url = std::move(given.url);
  settings.headers.assign(given.headers.begin(), given.headers.end());
  if (given.request_template.text != "null") settings.request_template = std::move(given.request_template);
  settings.result_pointer = std::move(given.result_pointer);
  return settings;
}

}  // namespace hub::calls
