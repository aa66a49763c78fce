#include "events/models/spec.hpp"

#include "events/core/json_codec.hpp"

namespace hub::models {
namespace {

using Members = std::map<std::string, RawJson>;

/// The setting whose members are changed one by one.
constexpr std::string_view kHeaders = "headers";

RawJson merged(const RawJson& object, const Members& change) {
  auto all = from_json<Members>(object.text, ReadMode::lenient);
  auto values = all ? std::move(all).value() : Members{};
  for (const auto& [name, value] : change) {
    if (value.text == "null") {
      values.erase(name);
      continue;
    }
    auto& kept = values[name];
    const auto inside = name == kHeaders ? from_json<Members>(value.text) : Result<Members>(Failure{});
    // Whoever checks the description refuses headers that are no object.
    kept = inside ? merged(kept, inside.value()) : value;
  }
  return {to_json(values)};
}

template <class Value>
void take(Value& value, const std::optional<Value>& change) {
  if (change) value = *change;
}

void take(std::map<std::string, std::string>& labels, const std::map<std::string, std::optional<std::string>>& change) {
  for (const auto& [name, value] : change) {
    if (value)
      labels[name] = *value;
    else
      labels.erase(name);
  }
}

}  // namespace

Spec changed(Spec spec, const SpecChange& change) {
  take(spec.name, change.name);
  if (!change.settings.empty()) spec.settings = merged(spec.settings, change.settings);
  if (change.api_key) {
    spec.api_key = change.api_key->empty() ? std::nullopt : change.api_key;
    spec.api_key_last4 = change.api_key->empty() ? std::nullopt : change.api_key_last4;
  }
  take(spec.max_workers, change.max_workers);
  take(spec.max_queue_size, change.max_queue_size);
  if (const auto& defaults = change.task_defaults) {
    take(spec.task_defaults.timeout, defaults->timeout);
    take(spec.task_defaults.max_retries, defaults->max_retries);
    take(spec.task_defaults.retry_delay, defaults->retry_delay);
  }
  if (const auto& price = change.price) {
    take(spec.price.prompt_usd_micro_per_million, price->prompt_usd_micro_per_million);
    take(spec.price.completion_usd_micro_per_million, price->completion_usd_micro_per_million);
  }
  take(spec.labels, change.labels);
  take(spec.fallbacks, change.fallbacks);
  return spec;
}

}  // namespace hub::models
