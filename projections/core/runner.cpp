#include "projections/core/runner.hpp"

#include <pthread.h>

#include <future>

#include "projections/core/folders.hpp"
#include "projections/core/offline.hpp"

namespace hub::projections {

struct Runner::Hosted {
  Hosted(const std::filesystem::path& root, std::shared_ptr<const Projection> projection, log::Log& log,
         std::shared_ptr<Store> store)
      : folders(root, *projection), feed(std::move(projection), log, std::move(store)) {}

  /// Puts `built` in the place of what answered until now.
  void install(std::unique_ptr<Host> built) {
    built->attach(feed.stats_, [this](const FoldResult& result, const Marks& marks) { feed.committed(result, marks); });
    feed.slot_.set(built->store());
    host = std::move(built);
    failed = false;
    feed.recovered();
  }

  Folders folders;
  Feed feed;
  std::unique_ptr<Host> host;
  std::atomic<bool> rebuilding{false};
  bool failed = false;
};

Result<std::unique_ptr<Runner>> Runner::open(log::Log& log, RunnerOptions options,
                                             std::vector<std::shared_ptr<const Projection>> projections) {
  std::unique_ptr<Runner> runner(new Runner(log, std::move(options)));
  for (auto& projection : projections) {
    HUB_TRY(runner->add(std::move(projection)));
  }
  return runner;
}

Runner::Runner(log::Log& log, RunnerOptions options)
    : log_(log), options_(std::move(options)), inbox_(options_.inbox_bytes_max) {}

Runner::~Runner() {
  stop();
}

Result<void> Runner::add(std::shared_ptr<const Projection> projection) {
  HUB_TRY(auto store, open_current(log_, options_.folder, *projection, options_.resources));
  const auto& folded = *projection;
  hosted_.push_back(std::make_unique<Hosted>(options_.folder, std::move(projection), log_, store));
  hosted_.back()->install(std::make_unique<Host>(folded, log_, std::move(store)));
  return success();
}

Runner::Hosted* Runner::find(std::string_view name) {
  for (const auto& hosted : hosted_)
    if (hosted->feed.projection().name() == name) return hosted.get();
  return nullptr;
}

Feed& Runner::feed(std::string_view name) {
  auto* hosted = find(name);
  HUB_ASSERT(hosted != nullptr);
  return hosted->feed;
}

void Runner::start() {
  HUB_ASSERT(!thread_.joinable());
  watcher_ = log_.watch([this](const std::vector<log::BatchPtr>& batches) { inbox_.push(batches); });
  running_ = true;
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "projections");
}

void Runner::stop() {
  if (watcher_) log_.unwatch(*watcher_);
  watcher_.reset();
  inbox_.stop();
  if (thread_.joinable()) thread_.join();
  for (const auto& hosted : hosted_) {
    hosted->feed.progress().close();
    hosted->host->flush(true);
  }
}

void Runner::run() {
  // The watcher is there already: what was written before it is read here, what comes later is in the inbox.
  for (const auto& hosted : hosted_) catch_up(*hosted);
  commit_all();
  for (;;) {
    auto taken = inbox_.take(next_flush());
    const bool stopped = taken.stopped;
    fold(std::move(taken));
    if (stopped) return;
    flush_due();
  }
}

void Runner::fold(Inbox::Taken taken) {
  const auto deadline = std::chrono::steady_clock::now() + kFoldTimeMax;
  do {
    feed_all(taken.batches);
    if (std::chrono::steady_clock::now() >= deadline) break;
    taken.batches = inbox_.take_batches();
  } while (!taken.batches.empty());
  if (taken.dropped)
    for (const auto& hosted : hosted_) catch_up(*hosted);
  commit_all();
  for (const auto& job : taken.jobs) job();
}

void Runner::feed_all(const std::vector<log::BatchPtr>& batches) {
  for (const auto& hosted : hosted_)
    for (const auto& batch : batches) {
      if (hosted->failed) break;
      if (const auto fed = hosted->host->feed(batch); !fed) {
        hosted->failed = true;
        hosted->feed.fail(fed.error());
      }
    }
}

void Runner::catch_up(Hosted& hosted) {
  if (hosted.failed) return;
  const auto caught_up = hosted.host->catch_up();
  if (caught_up) return;
  hosted.failed = true;
  hosted.feed.fail(caught_up.error());
}

void Runner::commit_all() {
  for (const auto& hosted : hosted_) hosted->host->commit();
}

void Runner::flush_due() {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& hosted : hosted_)
    if (const auto since = hosted->host->dirty_since(); since && now - *since >= options_.flush_every)
      hosted->host->flush(false);
}

std::optional<std::chrono::steady_clock::time_point> Runner::next_flush() const {
  std::optional<std::chrono::steady_clock::time_point> next;
  for (const auto& hosted : hosted_)
    if (const auto since = hosted->host->dirty_since(); since && (!next || *since + options_.flush_every < *next))
      next = *since + options_.flush_every;
  return next;
}

Result<void> Runner::rebuild(std::string_view name) {
  auto* hosted = find(name);
  if (hosted == nullptr) return not_found("projection.unknown", "there is no such projection");
  if (hosted->rebuilding.exchange(true)) return unavailable("projection.busy", "a rebuild is under way");
  const auto path = hosted->folders.next();
  auto rebuilt = rebuild(*hosted, path);
  hosted->rebuilding = false;
  std::error_code ignored;
  if (!rebuilt) std::filesystem::remove_all(path, ignored);
  return rebuilt;
}

Result<void> Runner::rebuild(Hosted& hosted, const std::filesystem::path& generation) {
  HUB_TRY(auto store, Store::open(generation, options_.resources, Store::Mode::write));
  auto built = std::make_unique<Host>(hosted.feed.projection(), log_, std::move(store));
  HUB_TRY(built->catch_up());
  built->commit();
  built->flush(true);
  // The rest is little, and is folded where nothing else folds meanwhile.
  std::promise<Result<void>> done;
  const auto finish = [&] {
    auto caught_up = built->catch_up();
    if (caught_up) {
      built->commit();
      built->flush(true);
      hosted.folders.make_current(generation);
      hosted.host->store()->remove_when_closed();
      hosted.install(std::move(built));
    }
    done.set_value(std::move(caught_up));
  };
  if (!running_ || !inbox_.post(finish)) return unavailable("projection.stopped", "the runner has stopped");
  return done.get_future().get();
}

}  // namespace hub::projections
