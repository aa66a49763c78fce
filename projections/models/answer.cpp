#include "events/core/json_codec.hpp"
#include "projections/models/view.hpp"

namespace hub::model_rows {
namespace {

template <class T>
void member(std::string& out, std::string_view name, const T& value) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += name;
  out += "\":";
  append_json(out, value);
}

/// Of the secret only that it is there is shown.
std::string key_json(const models::Spec& spec) {
  std::string out = "{";
  member(out, "set", spec.api_key.has_value());
  member(out, "last4", spec.api_key_last4);
  return out + "}";
}

void append_spec(std::string& out, const models::Spec& spec) {
  member(out, "type", spec.type);
  // Beside the rest, as they were given.
  const auto& settings = spec.settings.text;
  if (settings.size() > 2 && settings.front() == '{') out += "," + settings.substr(1, settings.size() - 2);
  member(out, "api_key", RawJson{key_json(spec)});
  member(out, "max_workers", spec.max_workers);
  member(out, "max_queue_size", spec.max_queue_size);
  member(out, "task_defaults", spec.task_defaults);
  member(out, "price", spec.price);
  member(out, "labels", spec.labels);
  member(out, "fallbacks", spec.fallbacks);
}

}  // namespace

Result<models::Spec> spec_of(const View& view) {
  return from_json<models::Spec>(view.spec, ReadMode::lenient);
}

std::string to_answer(const View& view) {
  std::string out = "{";
  member(out, "id", view.id);
  member(out, "name", view.name);
  // What the fold wrote is read again.
  if (const auto spec = spec_of(view)) append_spec(out, spec.value());
  member(out, "status", view.status);
  if (view.cool_until.is_set()) {
    std::string cooling = "{";
    member(cooling, "until", view.cool_until);
    member(cooling, "code", view.cool_code);
    member(out, "cooling_down", RawJson{cooling + "}"});
  }
  member(out, "running", view.calls);
  member(out, "pending", view.pending());
  member(out, "project", view.project);
  member(out, "owner", view.owner);
  member(out, "created_at", view.created_at);
  member(out, "updated_at", view.updated_at);
  member(out, "version", view.version);
  member(out, "position", to_text(view.position));
  out += '}';
  return out;
}

}  // namespace hub::model_rows
