#include "projections/deployments/row.hpp"

#include "events/core/json.hpp"
#include "events/core/varint.hpp"
#include "projections/core/fields.hpp"

namespace hub::deployments {
namespace {

constexpr char kRowVersion = 2;
constexpr char kPrepared = 1;
/// The provider whose machines are heard of.
constexpr std::string_view kLocal = "local";

Failure corrupt() {
  return internal_failure("projection.corrupt", "a row cannot be read");
}

std::uint64_t as_unsigned(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

/// Its machine has something to do before it has another status.
bool is_on_its_way(Status status) {
  return status == Status::creating || status == Status::starting || status == Status::stopping ||
         status == Status::deleting;
}

void append_with_cost(std::string& out, const Row& row, Instant now) {
  if (!row.billing.since.is_set() || row.price_usd_micro_per_hour == 0) {
    out += row.json;
    return;
  }
  const auto cost = cost_now(row.price_usd_micro_per_hour, row.billing, now);
  out += row.json.substr(0, row.cost_at);
  out += std::to_string(cost);
  out += row.json.substr(row.json.find_first_not_of("-0123456789", row.cost_at));
}

}  // namespace

std::string encode_row(const View& view) {
  std::size_t cost_at = 0;
  const auto json = to_answer(view, &cost_at);
  std::string bytes;
  bytes.reserve(json.size() + 256);
  bytes += kRowVersion;
  bytes += static_cast<char>(view.status);
  bytes += view.prepared ? kPrepared : '\0';
  append_varint(bytes, as_unsigned(view.created_at.micros));
  append_varint(bytes, view.version);
  projections::append_position(bytes, view.position);
  append_varint(bytes, view.created_seq);
  append_varint(bytes, as_unsigned(view.index_time.micros));
  append_varint(bytes, as_unsigned(view.price_usd_micro_per_hour));
  append_varint(bytes, as_unsigned(view.billing.since.micros));
  append_varint(bytes, as_unsigned(view.billing.cost_usd_micro));
  append_varint(bytes, view.billing.remainder);
  append_varint(bytes, cost_at);
  for (const auto* part : {&view.project, &view.owner, &view.provider, &view.name}) append_sized(bytes, *part);
  projections::append_labels(bytes, view.labels);
  bytes += json;
  return bytes;
}

Result<Row> decode_row(std::string_view bytes) {
  if (bytes.size() < 3 || bytes[0] != kRowVersion || bytes[1] < 0 || bytes[1] > static_cast<char>(Status::deleted))
    return corrupt();
  Row row;
  row.status = static_cast<Status>(bytes[1]);
  row.prepared = bytes[2] == kPrepared;
  projections::FieldReader reader{bytes.substr(3)};
  row.created_at = reader.instant();
  row.version = reader.number();
  row.position = reader.position();
  row.created_seq = reader.number();
  row.index_time = reader.instant();
  row.price_usd_micro_per_hour = reader.integer();
  row.billing.since = reader.instant();
  row.billing.cost_usd_micro = reader.integer();
  row.billing.remainder = reader.number();
  row.cost_at = reader.number();
  for (auto* part : {&row.project, &row.owner, &row.provider, &row.name, &row.labels}) *part = reader.part();
  if (!reader.good || row.cost_at >= reader.bytes.size()) return corrupt();
  row.json = reader.bytes;
  return row;
}

Result<View> view_of(std::string_view bytes) {
  HUB_TRY(const auto row, decode_row(bytes));
  auto view = parse_answer(row.json);
  if (!view) return corrupt();
  view.value().prepared = row.prepared;
  view.value().created_seq = row.created_seq;
  view.value().index_time = row.index_time;
  return view;
}

void append_answer(std::string& out, const Row& row, Instant now, const HostAway& away) {
  append_with_cost(out, row, now);
  if (!away || !is_on_its_way(row.status) || row.provider != kLocal) return;
  const auto view = parse_answer(row.json);
  if (!view || !view.value().host) return;
  const auto seen_at = away(*view.value().host);
  if (!seen_at) return;
  out.back() = ',';
  out += "\"waits_for\":{\"host\":" + json_string(*view.value().host) +
         ",\"last_seen_at\":" + json_string(to_rfc3339(*seen_at)) + "}}";
}

std::string answer_of(const Row& row, Instant now, const HostAway& away) {
  std::string out;
  append_answer(out, row, now, away);
  return out;
}

}  // namespace hub::deployments
