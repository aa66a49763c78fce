#include "gateway/streams/log_streams.hpp"

#include <pthread.h>

#include <algorithm>

#include "gateway/routes/telemetry_json.hpp"

namespace hub::streams {
namespace {

constexpr std::size_t kLinesPerFrame = 1'000;

std::string items_json(const std::vector<providers::LogLine>& lines) {
  return "{\"items\":" + routes::log_lines_json(lines) + "}";
}

std::string stream_of(const std::string& id) {
  return "deployments/" + id + "/logs";
}

Cursor cursor_of(std::uint64_t seq) {
  return parse_cursor(routes::log_cursor(seq)).value();
}

/// Lines behind `after`; none for a deployment that its provider does not have.
Result<providers::LogPage> lines_after(providers::Provider& provider, const std::string& id, std::uint64_t after,
                                       std::size_t limit) {
  providers::LogQuery query;
  query.after = after;
  query.limit = limit;
  auto page = provider.logs(id, query);
  if (!page && page.error().kind == FailureKind::not_found) return providers::LogPage{};
  return page;
}

Result<std::vector<providers::LogLine>> last_lines(providers::Provider& provider, const std::string& id,
                                                   std::size_t count) {
  providers::LogQuery query;
  query.tail = count;
  query.limit = count;
  auto page = provider.logs(id, query);
  if (!page && page.error().kind == FailureKind::not_found) return std::vector<providers::LogLine>{};
  if (!page) return page.error();
  return std::move(page.value().lines);
}

}  // namespace

LogStreams::LogStreams(live::Hub& hub, deployments::Deployments& deployments, const deployments::Providers& providers)
    : DeploymentSource(deployments), hub_(hub), providers_(providers), thread_([this] { work(); }) {
  pthread_setname_np(thread_.native_handle(), "hub-logs");
}

void LogStreams::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LogStreams::grown(const std::string& deployment_id) {
  {
    const std::lock_guard lock(mutex_);
    if (tails_.count(deployment_id) == 0) return;
    if (std::find(grown_.begin(), grown_.end(), deployment_id) != grown_.end()) return;
    grown_.push_back(deployment_id);
  }
  wake_.notify_one();
}

void LogStreams::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !grown_.empty(); });
    if (stopping_) return;
    const auto id = std::move(grown_.front());
    grown_.pop_front();
    const auto found = tails_.find(id);
    if (found == tails_.end()) continue;
    const auto tail = found->second;
    lock.unlock();
    publish(id, *tail);
    lock.lock();
  }
}

void LogStreams::publish(const std::string& id, Tail& tail) {
  auto* provider = provider_of(id);
  const std::lock_guard lock(tail.mutex);
  // Before anybody has opened the stream there is no place to go on from; nor is there when the last one has gone.
  if (provider == nullptr || !tail.placed) return;
  for (;;) {
    const auto page = lines_after(*provider, id, tail.published, kLinesPerFrame);
    if (!page || page.value().lines.empty()) return;
    const auto last = page.value().lines.back().seq;
    hub_.publish(stream_of(id), {{0, last}, routes::log_cursor(last), items_json(page.value().lines), {}, {}, {}});
    tail.published = last;
  }
}

LogStreams::TailPtr LogStreams::tail_of(const std::string& id) {
  const std::lock_guard lock(mutex_);
  auto& tail = tails_[id];
  if (!tail) tail = std::make_shared<Tail>();
  return tail;
}

providers::Provider* LogStreams::provider_of(const std::string& id) {
  const auto item = deployments_.get(id, wall_now());
  return item ? providers_.find(item.value().provider) : nullptr;
}

void LogStreams::opened(std::string_view name) {
  if (const auto id = id_in(name)) static_cast<void>(tail_of(id.value()));
}

void LogStreams::closed(std::string_view name) {
  const auto id = id_in(name);
  if (!id) return;
  TailPtr tail;
  {
    const std::lock_guard lock(mutex_);
    const auto found = tails_.find(id.value());
    if (found == tails_.end()) return;
    tail = std::move(found->second);
    tails_.erase(found);
  }
  // Who took this tail up before must not publish beside the tail of those who come next: they would see lines twice.
  const std::lock_guard lock(tail->mutex);
  tail->placed = false;
}

Result<live::Opening> LogStreams::open(std::string_view name, const accounts::Principal& principal,
                                       const std::optional<Cursor>& after) {
  HUB_TRY(const auto id, id_in(name));
  HUB_TRY(const auto item, visible(deployments_, principal, id));
  auto* provider = providers_.find(item.provider);
  if (provider == nullptr) return unavailable("provider.unreachable", "its provider is not here");
  const auto tail = tail_of(id);
  // While this is held nothing is published, so what is told here and what follows fit together line by line.
  const std::lock_guard lock(tail->mutex);
  if (!tail->placed) {
    HUB_TRY(const auto last, last_lines(*provider, id, 1));
    tail->published = last.empty() ? 0 : last.back().seq;
    tail->placed = true;
  }
  if (after && after->seqs.size() == 1 && after->incarnation == cursor_of(0).incarnation) {
    HUB_TRY(auto recovered, recover(*provider, id, after->seqs.front(), tail->published));
    if (recovered) return std::move(*recovered);
  }
  return snapshot(*provider, id, tail->published);
}

Result<std::optional<live::Opening>> LogStreams::recover(providers::Provider& provider, const std::string& id,
                                                         std::uint64_t after, std::uint64_t until) {
  if (after > until || until - after > kMissedLinesMax) return std::optional<live::Opening>();
  live::Opening opening;
  opening.recovered = true;
  opening.cursor = cursor_of(until);
  while (after < until) {
    HUB_TRY(auto page, lines_after(provider, id, after, std::min<std::uint64_t>(kLinesPerFrame, until - after)));
    if (page.lines.empty() || page.lost_from > 0) return std::optional<live::Opening>();
    after = page.lines.back().seq;
    opening.missed.push_back({routes::log_cursor(after), items_json(page.lines)});
  }
  return std::optional<live::Opening>(std::move(opening));
}

Result<live::Opening> LogStreams::snapshot(providers::Provider& provider, const std::string& id, std::uint64_t until) {
  HUB_TRY(auto lines, last_lines(provider, id, kSnapshotLines));
  std::erase_if(lines, [&](const providers::LogLine& line) { return line.seq > until; });
  live::Opening opening;
  opening.cursor = cursor_of(until);
  opening.snapshot = items_json(lines);
  return opening;
}

}  // namespace hub::streams
