#include "events/models/spec.hpp"

#include "events/core/json_codec.hpp"

namespace hub::models {
namespace {

RawJson merged(const RawJson& settings, const std::map<std::string, RawJson>& change) {
  auto all = from_json<std::map<std::string, RawJson>>(settings.text, ReadMode::lenient);
  auto values = all ? std::move(all).value() : std::map<std::string, RawJson>{};
  for (const auto& [name, value] : change) {
    if (value.text == "null")
      values.erase(name);
    else
      values[name] = value;
  }
  return {to_json(values)};
}

template <class Value>
void take(Value& value, const std::optional<Value>& change) {
  if (change) value = *change;
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
  take(spec.task_defaults, change.task_defaults);
  take(spec.price, change.price);
  take(spec.labels, change.labels);
  take(spec.fallbacks, change.fallbacks);
  return spec;
}

}  // namespace hub::models
