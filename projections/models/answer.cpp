#include "events/core/json_members.hpp"
#include "projections/models/view.hpp"

namespace hub::model_rows {
namespace {

/// Of the secret only that it is there is shown.
std::string key_json(const models::Spec& spec) {
  std::string out = "{";
  append_member(out, "set", spec.api_key.has_value());
  append_member(out, "last4", spec.api_key_last4);
  return out + "}";
}

void append_spec(std::string& out, const models::Spec& spec) {
  append_member(out, "type", spec.type);
  // Beside the rest, as they were given.
  const auto& settings = spec.settings.text;
  if (settings.size() > 2 && settings.front() == '{') out += "," + settings.substr(1, settings.size() - 2);
  append_member(out, "api_key", RawJson{key_json(spec)});
  append_member(out, "max_workers", spec.max_workers);
  append_member(out, "max_queue_size", spec.max_queue_size);
  append_member(out, "task_defaults", spec.task_defaults);
  append_member(out, "price", spec.price);
  append_member(out, "labels", spec.labels);
  append_member(out, "fallbacks", spec.fallbacks);
}

}  // namespace

Result<models::Spec> spec_of(const View& view) {
  return from_json<models::Spec>(view.spec, ReadMode::lenient);
}

std::string to_answer(const View& view) {
  std::string out = "{";
  append_member(out, "id", view.id);
  append_member(out, "name", view.name);
  // What the fold wrote is read again.
  if (const auto spec = spec_of(view)) append_spec(out, spec.value());
  append_member(out, "status", view.status);
  if (view.cool_until.is_set()) {
    std::string cooling = "{";
    append_member(cooling, "until", view.cool_until);
    append_member(cooling, "code", view.cool_code);
    append_member(out, "cooling_down", RawJson{cooling + "}"});
  }
  append_member(out, "running", view.calls);
  append_member(out, "pending", view.pending());
  append_member(out, "project", view.project);
  append_member(out, "owner", view.owner);
  append_member(out, "created_at", view.created_at);
  append_member(out, "updated_at", view.updated_at);
  append_member(out, "version", view.version);
  append_member(out, "position", to_text(view.position));
  out += '}';
  return out;
}

}  // namespace hub::model_rows
