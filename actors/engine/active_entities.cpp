#include "actors/engine/active_entities.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/system_messages.hpp>

#include "events/core/logging.hpp"

namespace hub::engine {
namespace {

constexpr std::size_t kEventsPerRead = 4'096;

}  // namespace

Result<Active*> ActiveEntities::get(const std::string& id) {
  if (const auto found = active_.find(id); found != active_.end()) {
    order_.splice(order_.end(), order_, found->second.used);
    return &found->second;
  }
  if (quarantined_.count(id) > 0)
    return unavailable("entity.quarantined", "this entity is set aside after a fault; others go on");
  const auto* kind = kinds_.of(id);
  if (kind == nullptr) return not_found("entity.kind_unknown", "no such kind of entity");
  auto row = load(*kind, id);
  if (row) {
    auto actor = kind->spawn(system_, unit_, id, row.value().state,
                             kind->has_collections() ? store_.collections_of(id) : nullptr);
    if (actor) {
      auto& active = active_[id];
      active = {kind,
                std::move(actor).value(),
                row.value().version,
                std::move(row.value().organisation),
                std::move(row.value().project),
                order_.insert(order_.end(), id)};
      return &active;
    }
    quarantine(id, actor.error().code + ": " + actor.error().detail);
  } else {
    quarantine(id, row.error().code + ": " + row.error().detail);
  }
  return unavailable("entity.quarantined", "this entity cannot be loaded; others go on");
}

Result<EntityRow> ActiveEntities::load(const Kind& kind, const std::string& id) {
  auto row = store_.entity(id);
  if (row && !row.value()) return EntityRow{kind.state_version(), 0, {}, {}, {}};
  if (row && row.value()->state_version == kind.state_version()) return std::move(*row.value());
  // A row of another release, or one that does not verify: the log is the truth.
  return rebuild(kind, id);
}

Result<EntityRow> ActiveEntities::rebuild(const Kind& kind, const std::string& id) {
  EntityRow row{kind.state_version(), 0, {}, {}, {}};
  const auto rows = kind.has_collections() ? store_.collections_of(id) : nullptr;
  if (rows) begin_collections_anew(id);
  for (;;) {
    HUB_TRY(const auto events, log_.history(id, row.version + 1, kEventsPerRead));
    if (events.empty()) {
      if (rows) store_row(id, row);
      return row;
    }
    std::vector<const log::Record*> records;
    records.reserve(events.size());
    for (const auto& event : events) records.push_back(&event.record);
    HUB_TRY(auto folded, kind.fold(row.state, records, rows.get()));
    if (rows) store_rows(id, std::move(folded.rows));
    row.state = std::move(folded.state);
    row.version += events.size();
    row.organisation = events.front().record.organisation;
    row.project = events.front().record.project;
  }
}

/// Rows of collections are too many to wait in memory for the last of them. Until then the row of the entity says that
/// it is to be made again.
void ActiveEntities::begin_collections_anew(const std::string& id) {
  store_row(id, EntityRow{kNotFolded, 0, {}, {}, {}});
  store_.drop_collections_of(id);
}

void ActiveEntities::store_row(const std::string& id, EntityRow row) {
  StateChanges changes;
  changes.entities.emplace_back(id, std::move(row));
  store_.apply(changes);
}

void ActiveEntities::store_rows(const std::string& id, RowChanges rows) {
  StateChanges changes;
  changes.collections.emplace_back(id, std::move(rows));
  store_.apply(changes);
}

void ActiveEntities::end(const caf::actor& actor) {
  auto* target = caf::actor_cast<caf::abstract_actor*>(actor);
  target->enqueue(nullptr, caf::make_message_id(), caf::make_message(caf::exit_msg{{}, caf::exit_reason::kill}),
                  &unit_);
}

void ActiveEntities::drop(const std::string& id) {
  const auto found = active_.find(id);
  if (found == active_.end()) return;
  end(found->second.actor);
  order_.erase(found->second.used);
  active_.erase(found);
  unit_.drain();
}

void ActiveEntities::drop_those(const std::function<bool(const std::string& id)>& which) {
  std::vector<std::string> ids;
  for (const auto& [id, active] : active_)
    if (which(id)) ids.push_back(id);
  for (const auto& id : ids) drop(id);
}

void ActiveEntities::drop_all() {
  for (auto& [id, active] : active_) end(active.actor);
  active_.clear();
  order_.clear();
  unit_.drain();
}

void ActiveEntities::trim() {
  while (active_.size() > limits_.actors_max) drop(std::string(order_.front()));
}

void ActiveEntities::quarantine(const std::string& id, std::string reason) {
  drop(id);
  logging::write(logging::Level::error, "entity set aside after a fault", {{"entity", id}, {"reason", reason}});
  quarantined_.insert_or_assign(id, std::move(reason));
}

}  // namespace hub::engine
