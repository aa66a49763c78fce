// What each event of a model does to its row.
#include <algorithm>

#include "events/core/json_codec.hpp"
#include "events/core/overloaded.hpp"
#include "projections/models/view.hpp"

namespace hub::model_rows {
namespace {

/// As the model itself averages: the newest is so much of it, one part in …
constexpr std::int64_t kParts = 10;
/// A longer pause says no more about how fast the queue drains.
constexpr Duration kPauseMax = seconds(60);

void describe(View& view, const models::Spec& spec) {
  view.name = spec.name;
  view.max_workers = spec.max_workers;
  view.spec = to_json(spec);
}

void is_cool(View& view) {
  view.cool_until = {};
  view.cool_code.clear();
}

void step(View& view, const models::Event& event) {
  std::visit(overloaded{[&](const models::ModelCreated& e) {
                          describe(view, e.spec);
                          view.status = e.status;
                          view.known = true;
                        },
                        [&](const models::ModelChanged& e) { describe(view, e.spec); },
                        [&](const models::ModelStatusSet& e) {
                          view.status = e.status;
                          if (e.status != models::Status::online) return;
                          is_cool(view);
                          view.tried = false;
                        },
                        [&](const models::ModelCooledDown& e) {
                          view.cool_until = e.until;
                          view.cool_code = e.code;
                          view.tried = true;
                        },
                        [&](const models::ModelWoken& e) {
                          ++view.wakings;
                          view.woken_at = std::max(view.woken_at, e.at);
                          if (view.cool_until.is_set() && view.cool_until <= e.at) is_cool(view);
                        },
                        [&](const models::ModelSlotLent&) { ++view.calls; },
                        [&](const models::ModelSlotReturned& e) {
                          --view.calls;
                          if (e.use == models::SlotUse::completed) view.tried = view.tried && view.cool_until.is_set();
                        },
                        [&](const models::ModelDeleted&) { view.deleted = true; }, [](const auto&) {}},
             event);
}

}  // namespace

Result<void> apply(View& view, const projections::Recorded& recorded) {
  const auto& record = recorded.record;
  // Events of its tasks count in its versions too, and those of a task that was set aside are missing here.
  if (record.version <= view.version)
    return internal_failure("projection.version_gap",
                            "version " + std::to_string(record.version) + " follows " + std::to_string(view.version));
  HUB_TRY(const auto event, models::decode_event(record.type, record.data, {}));
  if (std::holds_alternative<models::ModelCreated>(event)) {
    view.organisation = record.organisation;
    view.project = record.project;
    view.owner = record.actor;
    view.created_at = record.time;
  } else if (!view.known) {
    return internal_failure("projection.version_gap", "the first event is " + record.type);
  }
  step(view, event);
  view.updated_at = record.time;
  view.version = record.version;
  view.position = recorded.position;
  return success();
}

void call_ended(View& view, Instant at) {
  if (view.last_end.is_set()) {
    const auto pause = std::min(at - view.last_end, kPauseMax);
    auto& average = view.per_end.micros;
    average = average == 0 ? pause.micros : average + (pause.micros - average) / kParts;
  }
  view.last_end = at;
}

}  // namespace hub::model_rows
