#include "projections/stats/queries.hpp"

#include <rocksdb/db.h>

#include <algorithm>
#include <map>

#include "events/core/json_members.hpp"
#include "projections/core/bytes.hpp"
#include "projections/core/rows.hpp"
#include "projections/models/queries.hpp"
#include "projections/stats/figures.hpp"

namespace hub::stats {
namespace {

using projections::StoreView;
using tasks::Status;

constexpr std::int64_t kHoursPerDay = 24;
constexpr std::size_t kDateSize = 10;  // "2026-03-01"
constexpr Status kStatuses[] = {Status::pending, Status::running, Status::completed, Status::failed, Status::cancelled};

/// Calls visit(hour, value) for each stored hour from `first` to `last`.
template <class Visit>
void each_hour(const StoreView& rows, Scope scope, std::string_view name, std::int64_t first, std::int64_t last,
               Visit visit) {
  const auto begin = figures_key(scope, name, first), end = figures_key(scope, name, last + 1);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions options;
  options.snapshot = rows.snapshot();
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(rows.db().NewIterator(options));
  const auto prefix = figures_prefix(scope, name).size();
  for (at->Seek(begin); at->Valid(); at->Next()) {
    auto key = std::string_view(at->key().data(), at->key().size()).substr(prefix);
    std::int64_t hour = 0;
    HUB_ASSERT(projections::take_ordered(key, hour));
    visit(hour, std::string_view(at->value().data(), at->value().size()));
  }
  if (!at->status().ok()) projections::stop_on_bad_read(rows.db(), at->status());
}

/// What is not readable is left out: it cannot be told from what is not there.
template <class Decoded, class Visit>
void if_good(const Result<Decoded>& decoded, Visit visit) {
  if (decoded) visit(decoded.value());
}

Ended ended_lately(const StoreView& rows, Scope scope, const std::vector<std::string>& names, Instant now) {
  Ended ended;
  const auto last = hour_of(now);
  for (const auto& name : names)
    each_hour(rows, scope, name, last - kHoursPerDay + 1, last, [&](std::int64_t, std::string_view bytes) {
      if_good(decode(bytes), [&](const Figures& figures) { ended.add(figures.ended); });
    });
  return ended;
}

std::optional<double> success_rate(std::int64_t completed, std::int64_t failed) {
  if (completed + failed == 0) return std::nullopt;
  return static_cast<double>(completed) / static_cast<double>(completed + failed);
}

void append_quantiles(std::string& out, std::string_view name, const Sketch& sketch) {
  constexpr double kMicrosPerMilli = 1'000;
  const auto ms = [&](double q) {
    const auto micros = sketch.quantile(q);
    return micros ? std::optional(static_cast<double>(*micros) / kMicrosPerMilli) : std::nullopt;
  };
  std::string json = "{";
  append_member(json, "p50", ms(0.50));
  append_member(json, "p95", ms(0.95));
  append_member(json, "p99", ms(0.99));
  append_member(out, name, RawJson{json + "}"});
}

void append_ended(std::string& out, const Ended& ended) {
  append_member(out, "success_rate", success_rate(ended.completed, ended.failed));
  append_member(out, "tokens", ended.tokens);
  append_member(out, "cost_usd_micro", ended.cost_usd_micro);
  append_quantiles(out, "wait_ms", ended.wait);
  append_quantiles(out, "run_ms", ended.run);
}

std::string lately_json(const Ended& ended) {
  std::string out = "{";
  append_member(out, "completed", ended.completed);
  append_member(out, "failed", ended.failed);
  append_ended(out, ended);
  return out + "}";
}

template <class Count>
std::string statuses_json(Count count) {
  std::string out = "{";
  for (const auto status : kStatuses) append_member(out, enum_name(status), count(status));
  return out + "}";
}

void append_model(std::string& out, const model_rows::View& model) {
  append_member(out, "id", model.id);
  append_member(out, "name", model.name);
  append_member(out, "status", model.status);
  append_member(out, "running", model.calls);
  append_member(out, "slots", model.max_workers);
  append_member(out, "pending", model.pending());
}

std::string models_json(const StoreView& rows, const std::vector<std::string>& projects) {
  std::string out = "[";
  for (const auto& model : model_rows::all(rows, projects)) {
    out += out.back() == '[' ? "{" : ",{";
    append_model(out, model);
    out += '}';
  }
  return out + "]";
}

std::int64_t sum(const StoreView& rows, const std::vector<std::string>& projects, Status status) {
  std::int64_t total = 0;
  for (const auto& project : projects)
    if (const auto bytes = rows.get(sum_key(project, status))) total += projections::decode_sum(*bytes);
  return total;
}

std::string rfc3339_of_hour(std::int64_t hour) {
  return to_rfc3339({hour * kMicrosPerHour});
}

std::string date_json(std::int64_t day, const Submitted& submitted) {
  std::string out = "{";
  append_member(out, "date", rfc3339_of_hour(day * kHoursPerDay).substr(0, kDateSize));
  append_member(out, "total", submitted.total());
  append_member(out, "completed", submitted.of(Status::completed));
  append_member(out, "failed", submitted.of(Status::failed));
  append_member(out, "cancelled", submitted.of(Status::cancelled));
  append_member(out, "success_rate", success_rate(submitted.of(Status::completed), submitted.of(Status::failed)));
  append_member(out, "tokens", submitted.tokens);
  append_member(out, "cost_usd_micro", submitted.cost_usd_micro);
  return out + "}";
}

/// How many waited for a model, hour by hour: an hour without events is as the one before it ended.
void add_depths(const StoreView& rows, const std::string& model, std::int64_t first, std::vector<Depth>& depths) {
  const auto last = first + static_cast<std::int64_t>(depths.size()) - 1;
  std::map<std::int64_t, Depth> known;
  // The last hour before that is stored is where it begins.
  constexpr std::int64_t kEarliest = 0;
  rocksdb::ReadOptions options;
  options.snapshot = rows.snapshot();
  const std::unique_ptr<rocksdb::Iterator> at(rows.db().NewIterator(options));
  Depth before;
  at->SeekForPrev(figures_key(Scope::model, model, std::max(first - 1, kEarliest)));
  if (at->Valid() && at->key().starts_with(figures_prefix(Scope::model, model)))
    if_good(decode({at->value().data(), at->value().size()}), [&](const Figures& found) { before = found.depth; });
  if (!at->status().ok()) projections::stop_on_bad_read(rows.db(), at->status());
  each_hour(rows, Scope::model, model, first, last, [&](std::int64_t hour, std::string_view bytes) {
    if_good(decode(bytes), [&](const Figures& figures) { known[hour] = figures.depth; });
  });
  auto waits = before.last;
  for (auto hour = first; hour <= last; ++hour) {
    const auto found = known.find(hour);
    const auto depth = found == known.end() ? Depth{waits, waits} : found->second;
    waits = depth.last;
    auto& sum = depths[static_cast<std::size_t>(hour - first)];
    sum.last += depth.last;
    sum.most += std::max(depth.most, depth.last);
  }
}

std::string hour_json(std::int64_t hour, const Figures& figures) {
  std::string out = "{";
  append_member(out, "hour", rfc3339_of_hour(hour));
  append_member(out, "submitted", figures.submitted.total());
  append_member(out, "completed", figures.ended.completed);
  append_member(out, "failed", figures.ended.failed);
  append_member(out, "cancelled", figures.ended.cancelled);
  append_ended(out, figures.ended);
  std::string queue = "{";
  append_member(queue, "last", figures.depth.last);
  append_member(queue, "most", figures.depth.most);
  append_member(out, "queue", RawJson{queue + "}"});
  return out + "}";
}

std::string items_json(const std::vector<std::string>& items) {
  std::string out = "{\"items\":[";
  for (const auto& item : items) {
    if (out.back() != '[') out += ',';
    out += item;
  }
  return out + "]}";
}

}  // namespace

std::string dashboard(const StoreView& rows, const std::vector<std::string>& projects, Instant now) {
  std::string out = "{";
  append_member(out, "tasks", RawJson{statuses_json([&](Status status) { return sum(rows, projects, status); })});
  append_member(out, "models", RawJson{models_json(rows, projects)});
  append_member(out, "last_24h", RawJson{lately_json(ended_lately(rows, Scope::project, projects, now))});
  return out + "}";
}

std::string Stats::dashboard(const std::vector<std::string>& projects, Instant now) const {
  const auto store = feed_.store();
  return stats::dashboard(store->view(), projects, now);
}

std::string Stats::by_date(const std::vector<std::string>& projects, std::int64_t days, Instant now) const {
  const auto store = feed_.store();
  const auto rows = store->view();
  const auto count = std::clamp<std::int64_t>(days, 1, kDaysMax);
  const auto today = hour_of(now) / kHoursPerDay;
  const auto first = today - count + 1;
  std::vector<Submitted> sums(static_cast<std::size_t>(count));
  for (const auto& project : projects)
    each_hour(rows, Scope::project, project, first * kHoursPerDay, (today + 1) * kHoursPerDay - 1,
              [&](std::int64_t hour, std::string_view bytes) {
                if_good(decode_submitted(bytes), [&](const Submitted& submitted) {
                  sums[static_cast<std::size_t>(hour / kHoursPerDay - first)].add(submitted);
                });
              });
  std::vector<std::string> items;
  for (auto day = first; day <= today; ++day)
    items.push_back(date_json(day, sums[static_cast<std::size_t>(day - first)]));
  return items_json(items);
}

std::string Stats::by_hour(const std::vector<std::string>& projects, const std::optional<std::string>& model,
                           std::int64_t hours, Instant now) const {
  const auto store = feed_.store();
  const auto rows = store->view();
  const auto count = std::clamp<std::int64_t>(hours, 1, kHoursMax);
  const auto last = hour_of(now), first = last - count + 1;
  std::vector<Figures> sums(static_cast<std::size_t>(count));
  const auto add = [&](std::int64_t hour, std::string_view bytes) {
    if_good(decode(bytes), [&](const Figures& figures) {
      auto& sum = sums[static_cast<std::size_t>(hour - first)];
      sum.submitted.add(figures.submitted);
      sum.ended.add(figures.ended);
    });
  };
  std::vector<Depth> depths(sums.size());
  if (model) {
    each_hour(rows, Scope::model, *model, first, last, add);
    add_depths(rows, *model, first, depths);
  } else {
    for (const auto& project : projects) each_hour(rows, Scope::project, project, first, last, add);
    for (const auto& each : model_rows::all(rows, projects)) add_depths(rows, each.id, first, depths);
  }
  std::vector<std::string> items;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i].depth = depths[i];
    items.push_back(hour_json(first + static_cast<std::int64_t>(i), sums[i]));
  }
  return items_json(items);
}

std::string Stats::by_model(const std::vector<std::string>& projects, Instant now) const {
  const auto store = feed_.store();
  const auto rows = store->view();
  std::vector<std::string> items;
  for (const auto& model : model_rows::all(rows, projects)) {
    std::string out = "{";
    append_model(out, model);
    const auto tasks = [&](Status status) { return model.tasks[static_cast<std::size_t>(status)]; };
    append_member(out, "tasks", RawJson{statuses_json(tasks)});
    append_member(out, "last_24h", RawJson{lately_json(ended_lately(rows, Scope::model, {model.id}, now))});
    items.push_back(out + "}");
  }
  return items_json(items);
}

}  // namespace hub::stats
