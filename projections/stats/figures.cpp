#include "projections/stats/figures.hpp"

#include <numeric>

#include "projections/core/bytes.hpp"
#include "projections/core/fields.hpp"

namespace hub::stats {
namespace {

using projections::append_signed;
using projections::FieldReader;

constexpr char kVersion = 1;

Failure corrupt() {
  return internal_failure("projection.corrupt", "figures cannot be read");
}

bool take(FieldReader& reader, Submitted& submitted) {
  if (reader.byte() != kVersion) return false;
  for (auto& count : submitted.by_status) count = reader.integer();
  submitted.tokens = reader.integer();
  submitted.cost_usd_micro = reader.integer();
  return reader.good;
}

}  // namespace

std::int64_t Submitted::total() const {
  return std::accumulate(by_status.begin(), by_status.end(), std::int64_t{0});
}

void Submitted::add(const Submitted& other) {
  for (std::size_t i = 0; i < by_status.size(); ++i) by_status[i] += other.by_status[i];
  tokens += other.tokens;
  cost_usd_micro += other.cost_usd_micro;
}

void Ended::add(const Ended& other) {
  completed += other.completed;
  failed += other.failed;
  cancelled += other.cancelled;
  tokens += other.tokens;
  cost_usd_micro += other.cost_usd_micro;
  wait.add(other.wait);
  run.add(other.run);
}

std::string encode(const Figures& figures) {
  std::string bytes(1, kVersion);
  for (const auto count : figures.submitted.by_status) append_signed(bytes, count);
  append_signed(bytes, figures.submitted.tokens);
  append_signed(bytes, figures.submitted.cost_usd_micro);
  const auto& ended = figures.ended;
  for (const auto sum : {ended.completed, ended.failed, ended.cancelled, ended.tokens, ended.cost_usd_micro,
                         figures.depth.last, figures.depth.most})
    append_signed(bytes, sum);
  ended.wait.append_to(bytes);
  ended.run.append_to(bytes);
  return bytes;
}

Result<Figures> decode(std::string_view bytes) {
  FieldReader reader{bytes};
  Figures figures;
  if (!take(reader, figures.submitted)) return corrupt();
  auto& ended = figures.ended;
  for (auto* sum : {&ended.completed, &ended.failed, &ended.cancelled, &ended.tokens, &ended.cost_usd_micro,
                    &figures.depth.last, &figures.depth.most})
    *sum = reader.integer();
  if (!reader.good || !ended.wait.take_from(reader.bytes) || !ended.run.take_from(reader.bytes)) return corrupt();
  if (!reader.bytes.empty()) return corrupt();
  return figures;
}

Result<Submitted> decode_submitted(std::string_view bytes) {
  FieldReader reader{bytes};
  Submitted submitted;
  if (!take(reader, submitted)) return corrupt();
  return submitted;
}

std::string figures_prefix(Scope scope, std::string_view name) {
  std::string key{kFiguresTable, static_cast<char>(scope)};
  append_sized(key, name);
  return key;
}

std::string figures_key(Scope scope, std::string_view name, std::int64_t hour) {
  auto key = figures_prefix(scope, name);
  projections::append_ordered(key, hour);
  return key;
}

std::string sum_key(std::string_view project, tasks::Status status) {
  auto key = projections::key_prefix(kSumTable, project);
  key += static_cast<char>(status);
  return key;
}

}  // namespace hub::stats
