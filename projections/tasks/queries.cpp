#include "projections/tasks/queries.hpp"

#include <algorithm>

#include "events/core/json_codec.hpp"
#include "projections/models/queries.hpp"
#include "projections/tasks/folding.hpp"

namespace hub::task_rows {
namespace {

// Events of one that is not yet folded.
constexpr std::size_t kUnfoldedEventsMax = 512;

struct WithInput {
  RawJson input;
};
BOOST_DESCRIBE_STRUCT(WithInput, (), (input))

struct WithResult {
  RawJson result;
};
BOOST_DESCRIBE_STRUCT(WithResult, (), (result))

Failure no_such() {
  return not_found("task.not_found", "there is no such task");
}

/// A member of one event of a task; empty when the event is not there.
template <class With>
Result<RawJson> member_of(log::Log& log, std::string_view id, Version version, RawJson With::*member) {
  HUB_TRY(const auto events, log.history(id, version, 1));
  if (events.empty()) return RawJson{};
  HUB_TRY(auto read, from_json<With>(events.front().record.data, ReadMode::lenient));
  return std::move(read.*member);
}

Result<View> unfolded(log::Log& log, std::string_view id) {
  // Its submission may have been answered already: whoever heard of it must find it.
  HUB_TRY(const auto events, log.history(id, 1, kUnfoldedEventsMax));
  if (events.empty() || events.front().record.entity != id || !is_id(id) || prefix_of(id) != tasks::kTaskPrefix)
    return no_such();
  return fold_events(events);
}

Result<View> view_of(const projections::StoreView& rows, log::Log& log, std::string_view id) {
  HUB_TRY(auto found, find(rows, id));
  if (found) return std::move(*found);
  return unfolded(log, id);
}

/// Of a TaskSubmitted.
struct Place {
  std::uint64_t place = 0;
};
BOOST_DESCRIBE_STRUCT(Place, (), (place))

const log::Record* submission_in(const log::Batch& batch, Position position, std::string_view id) {
  const auto is_it = [&](const log::Record& record) { return record.entity == id && record.version == 1; };
  const auto& records = batch.records;
  // Most often the command made this one event.
  if (!records.empty() && position.seq >= records.front().seq)
    if (const auto index = position.seq - records.front().seq; index < records.size() && is_it(records[index]))
      return &records[index];
  const auto found = std::find_if(records.begin(), records.end(), is_it);
  return found == records.end() ? nullptr : &*found;
}

}  // namespace

std::string Item::json_with(std::string_view input, std::string_view result) const {
  std::string out = json;
  out.back() = ',';
  out += "\"input\":";
  out += input.empty() ? "null" : input;
  out += ",\"result\":";
  out += result.empty() ? "null" : result;
  out += '}';
  return out;
}

Result<View> fold_events(const std::vector<log::EntityRecord>& events) {
  std::optional<View> view;
  model_rows::View model;
  for (const auto& event : events) {
    HUB_TRY(apply(view, model, {event.position, event.index_time, event.record}));
  }
  if (!view) return no_such();
  return std::move(*view);
}

Item item_of(const projections::StoreView& rows, View view, Instant now) {
  const auto model = model_rows::find(rows, view.model).value_or(model_rows::View{});
  Standing standing;
  if (view.status == tasks::Status::pending) {
    standing.pending_reason = pending_reason(view, model);
    standing.position = place_of(rows, view, model);
    if (standing.position) standing.estimated_start_at = estimated_start(view, model, *standing.position, now);
  }
  Item item;
  append_answer(item.json, view, model.name, standing);
  item.view = std::move(view);
  item.standing = std::move(standing);
  return item;
}

Result<Item> submitted_item(const log::Batch& batch, Position position, std::string_view id, model_rows::View model,
                            Instant now) {
  const auto* record = submission_in(batch, position, id);
  if (record == nullptr) return no_such();
  HUB_TRY(const auto place, from_json<Place>(record->data, ReadMode::lenient));
  std::optional<View> view;
  HUB_TRY(apply(view, model, {{batch.partition, record->seq}, batch.end.index_time, *record}));
  Item item;
  if (view->status == tasks::Status::pending) {
    // Nobody waits while a slot is free, whatever the row said that was read before.
    model.calls = std::max(model.calls, model.slots());
    item.standing.pending_reason = pending_reason(*view, model);
    if (place.place > 0) item.standing.position = place.place;
    if (place.place > 0) item.standing.estimated_start_at = estimated_start(*view, model, place.place, now);
  }
  append_answer(item.json, *view, model.name, item.standing);
  item.view = std::move(*view);
  return item;
}

Result<View> Tasks::view(std::string_view id) const {
  const auto store = feed_.store();
  return view_of(store->view(), log_, id);
}

Result<Item> Tasks::get(std::string_view id, Instant now) const {
  const auto store = feed_.store();
  const auto rows = store->view();
  HUB_TRY(auto found, view_of(rows, log_, id));
  return item_of(rows, std::move(found), now);
}

Result<SealedParts> Tasks::sealed(const View& view) const {
  SealedParts parts;
  HUB_TRY(parts.input, member_of(log_, view.id, 1, &WithInput::input));
  if (view.completed == 0) return parts;
  HUB_TRY(parts.result, member_of(log_, view.id, view.completed, &WithResult::result));
  return parts;
}

Result<projections::ListAnswer> Tasks::list(const ListQuery& query) const {
  const auto store = feed_.store();
  return list_page(store->view(), query);
}

projections::Pages Tasks::pages(ListQuery query, std::uint32_t page_size) const {
  return projections::pages_of(
      feed_.store(), std::move(query), page_size,
      [](const projections::StoreView& view, const ListQuery& next) { return list_page(view, next); });
}

Result<Matches> Tasks::matches(const ListQuery& query) const {
  const auto store = feed_.store();
  return list_matches(store->view(), query);
}

}  // namespace hub::task_rows
