#include "gateway/routes/model_body.hpp"

#include "adapters/models/settings_json.hpp"
#include "adapters/tasks/call_orders.hpp"
#include "events/core/ids.hpp"
#include "events/core/json_codec.hpp"
#include "gateway/routes/spec_limits.hpp"

namespace hub::routes {
namespace {

/// What both a new model and a change have. A setting is kept as it was given: null takes it away, as it does a label.
struct Common {
  std::optional<std::string> name;
  RawJson api_key, base_url, model, max_tokens, temperature, host, port, model_path, url, headers, request_template,
      result_pointer;
  std::optional<std::int32_t> max_workers;
  std::optional<std::int64_t> max_queue_size;
  std::optional<models::TaskDefaultsChange> task_defaults;
  std::optional<models::PriceChange> price;
  std::optional<std::map<std::string, std::optional<std::string>>> labels;
  std::optional<std::vector<std::string>> fallbacks;
};
BOOST_DESCRIBE_STRUCT(Common, (),
                      (name, api_key, base_url, model, max_tokens, temperature, host, port, model_path, url, headers,
                       request_template, result_pointer, max_workers, max_queue_size, task_defaults, price, labels,
                       fallbacks))

struct Create : Common {
  static constexpr std::string_view required[] = {"name", "type"};
  std::string type;
  models::Status status = models::Status::offline;
};
BOOST_DESCRIBE_STRUCT(Create, (Common), (type, status))

struct StatusBody {
  static constexpr std::string_view required[] = {"status"};
  models::Status status = models::Status::offline;
};
BOOST_DESCRIBE_STRUCT(StatusBody, (), (status))

std::map<std::string, RawJson> settings_in(const Common& body) {
  std::map<std::string, RawJson> settings;
  const std::pair<std::string_view, const RawJson&> given[] = {{"base_url", body.base_url},
                                                               {"model", body.model},
                                                               {"max_tokens", body.max_tokens},
                                                               {"temperature", body.temperature},
                                                               {"host", body.host},
                                                               {"port", body.port},
                                                               {"model_path", body.model_path},
                                                               {"url", body.url},
                                                               {"headers", body.headers},
                                                               {"request_template", body.request_template},
                                                               {"result_pointer", body.result_pointer}};
  for (const auto& [name, value] : given)
    if (!value.text.empty()) settings.emplace(name, value);
  return settings;
}

Result<std::optional<std::string>> key_in(const Common& body) {
  if (body.api_key.text.empty()) return std::optional<std::string>();
  if (body.api_key.text == "null") return std::optional<std::string>("");
  // One member of an object, for the reader takes objects only.
  auto read = from_json<std::map<std::string, std::string>>("{\"api_key\":" + body.api_key.text + "}");
  if (!read) return std::move(read).error();
  auto key = std::move(read.value()["api_key"]);
  HUB_TRY(calls::check_api_key(key));
  return std::optional<std::string>(std::move(key));
}

models::SpecChange change_in(const Common& body) {
  models::SpecChange change;
  change.name = body.name;
  change.settings = settings_in(body);
  change.max_workers = body.max_workers;
  change.max_queue_size = body.max_queue_size;
  change.task_defaults = body.task_defaults;
  change.price = body.price;
  if (body.labels) change.labels = *body.labels;
  change.fallbacks = body.fallbacks;
  return change;
}

Result<void> check_settings(const models::Spec& spec, const ModelRules& rules) {
  if (spec.type == models::kNoopType) {
    if (!rules.noop)
      return invalid("model.type", "noop models are for load tests: this server does not allow them", "type");
    if (spec.settings.text != "{}") return invalid("model.invalid_settings", "a noop model has no settings", "type");
    return success();
  }
  HUB_TRY(const auto settings, calls::settings_of(spec.type, spec.settings.text));
  HUB_TRY(calls::check_settings(settings));
  return rules.guard.check_url(calls::endpoint_of(settings));
}

Result<void> check_price(std::int64_t price, std::string_view field) {
  if (price < 0 || price > kTokenPriceMax)
    return invalid("model.price", "must be 0 to 100,000 USD for a million tokens, in micro-USD", field);
  return success();
}

Result<void> check(const models::Spec& spec, const ModelRules& rules) {
  if (!is_display_name(spec.name) || is_id(spec.name))
    return invalid("model.name", "must have 1 to 128 characters, no control character, and be no id", "name");
  if (spec.max_workers < 1 || spec.max_workers > rules.max_workers)
    return invalid("model.workers", "must be 1 to " + std::to_string(rules.max_workers), "max_workers");
  if (spec.max_queue_size < 0 || spec.max_queue_size > kQueueSizeMax)
    return invalid("model.queue_size", "must be 0 to 10,000,000", "max_queue_size");
  HUB_TRY(check_price(spec.price.prompt_usd_micro_per_million, "price.prompt_usd_micro_per_million"));
  HUB_TRY(check_price(spec.price.completion_usd_micro_per_million, "price.completion_usd_micro_per_million"));
  const auto& defaults = spec.task_defaults;
  HUB_TRY(check_task_limits(defaults.timeout, defaults.max_retries, defaults.retry_delay));
  HUB_TRY(check_labels(spec.labels, "model.labels"));
  if (spec.fallbacks.size() > kFallbacksMax)
    return invalid("model.fallbacks", "must be at most " + std::to_string(kFallbacksMax) + " models", "fallbacks");
  return check_settings(spec, rules);
}

}  // namespace

Result<void> check_task_limits(std::optional<Duration> timeout, std::optional<std::int32_t> max_retries,
                               std::optional<Duration> retry_delay) {
  if (timeout && (*timeout < milliseconds(1) || *timeout > kTaskTimeoutMax))
    return invalid("task.timeout", "must be 1ms to 24h", "timeout");
  if (max_retries && (*max_retries < 0 || *max_retries > kRetriesMax))
    return invalid("task.max_retries", "must be 0 to 100", "max_retries");
  if (retry_delay && (*retry_delay < milliseconds(0) || *retry_delay > kRetryDelayMax))
    return invalid("task.retry_delay", "must be 0s to 24h", "retry_delay");
  return success();
}

Result<ModelBody> parse_model(std::string_view json, const ModelRules& rules) {
  HUB_TRY(const auto body, from_json<Create>(json));
  ModelBody made;
  HUB_TRY(auto key, key_in(body));
  made.api_key = key.value_or("");
  made.status = body.status;
  models::Spec plain;
  plain.type = body.type;
  plain.settings.text = "{}";
  plain.max_workers = rules.default_workers;
  plain.max_queue_size = rules.max_queue_size;
  plain.task_defaults = rules.task_defaults;
  made.spec = changed(std::move(plain), change_in(body));
  HUB_TRY(check(made.spec, rules));
  return made;
}

Result<ModelPatch> parse_model_patch(std::string_view json, const models::Spec& now, const ModelRules& rules) {
  HUB_TRY(const auto body, from_json<Common>(json));
  ModelPatch patch;
  HUB_TRY(patch.api_key, key_in(body));
  patch.change = change_in(body);
  HUB_TRY(check(changed(now, patch.change), rules));
  return patch;
}

Result<models::Status> parse_model_status(std::string_view json) {
  HUB_TRY(const auto body, from_json<StatusBody>(json));
  return body.status;
}

}  // namespace hub::routes
