#include "gateway/streams/metric_streams.hpp"

#include "gateway/routes/telemetry_json.hpp"

namespace hub::streams {
namespace {

/// Samples carry wall time, which is the same numbering in every process.
constexpr std::uint64_t kIncarnation = 1;

Cursor cursor_at(Instant at) {
  return {kIncarnation, {static_cast<std::uint64_t>(at.micros)}};
}

std::string data_of(const std::vector<providers::MetricSample>& samples) {
  return "{\"series\":" + routes::series_json(samples) + "}";
}

}  // namespace

void MetricStreams::sampled(const std::string& deployment_id, const providers::MetricSample& sample) {
  const auto stream = "deployments/" + deployment_id + "/metrics";
  if (!hub_.watched(stream)) return;
  const auto cursor = cursor_at(sample.at);
  hub_.publish(stream, {{0, cursor.seqs.front()}, to_text(cursor), data_of({sample}), {}, {}, deployment_id});
}

Result<live::Opening> MetricStreams::open(std::string_view name, const accounts::Principal& principal,
                                          const std::optional<Cursor>& after) {
  HUB_TRY(const auto id, id_in(name));
  HUB_TRY(const auto item, visible(deployments_, principal, id));
  auto* provider = providers_.find(item.provider);
  if (provider == nullptr) return unavailable("provider.unreachable", "its provider is not here");
  const auto now = wall_now();
  const auto begin = now - kSnapshotSpan;
  const bool resumes = after && after->incarnation == kIncarnation && after->seqs.size() == 1 &&
                       Instant{static_cast<std::int64_t>(after->seqs.front())} >= begin &&
                       Instant{static_cast<std::int64_t>(after->seqs.front())} <= now;
  // `from` is inclusive: a resume goes on behind the sample that it has.
  const auto from = resumes ? Instant{static_cast<std::int64_t>(after->seqs.front()) + 1} : begin;
  auto samples = provider->metrics(id, from, now + seconds(1), {});
  if (!samples && samples.error().kind != FailureKind::not_found) return samples.error();
  const auto kept = samples ? std::move(samples).value() : std::vector<providers::MetricSample>{};
  live::Opening opening;
  opening.recovered = resumes;
  opening.cursor = kept.empty() ? (resumes ? *after : cursor_at(begin)) : cursor_at(kept.back().at);
  if (!resumes)
    opening.snapshot = data_of(kept);
  else if (!kept.empty())
    opening.missed.push_back({to_text(opening.cursor), data_of(kept)});
  return opening;
}

void MetricStreams::watch(std::string_view name, bool watched) {
  const auto id = id_in(name);
  if (!id) return;
  const auto item = deployments_.get(id.value(), wall_now());
  if (!item) return;
  providers_.watch_metrics(item.value().provider, id.value(), watched);
}

}  // namespace hub::streams
