#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "projections/deployments/view.hpp"

namespace hub::deployments {

/// A stored row: what filters and the cost need, then the answer's JSON as it is copied out. Points into the bytes
/// it was read from.
struct Row {
  Status status = Status::creating;
  bool prepared = false;
  Instant created_at;
  Version version = 0;
  Position position;
  Seq created_seq = 0;
  Instant index_time;
  std::int64_t price_usd_micro_per_hour = 0;
  Billing billing;
  std::size_t cost_at = 0;  ///< where in `json` the digits of the cost begin
  std::string_view project;
  std::string_view owner;
  std::string_view provider;
  std::string_view name;
  std::string_view labels;  ///< length-prefixed keys and values in turn
  std::string_view json;
};

std::string encode_row(const View& view);
/// Fails: internal `projection.corrupt`.
Result<Row> decode_row(std::string_view bytes);
/// The whole view again. Fails: internal `projection.corrupt`.
Result<View> view_of(std::string_view bytes);

/// When a machine was heard of last that is away; nothing when it is there, or is none that is heard of.
using HostAway = std::function<std::optional<Instant>(std::string_view host)>;

/// The answer with the cost as it is at `now`; with `now` unset as it was at the last event. One that waits for a
/// machine that is away has `waits_for` at its end: {"host", "last_seen_at"}.
void append_answer(std::string& out, const Row& row, Instant now, const HostAway& away = {});
std::string answer_of(const Row& row, Instant now, const HostAway& away = {});

}  // namespace hub::deployments
