#include "adapters/telemetry/shared_output.hpp"

#include <pthread.h>

#include <algorithm>
#include <fstream>

#include "adapters/telemetry/output_json.hpp"
#include "events/core/logging.hpp"
#include "events/core/overloaded.hpp"

namespace hub::telemetry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSavePositionsEvery{2};

}  // namespace

SharedOutput::SharedOutput(SharedOutputOptions options, providers::local::LocalProvider& provider, Listener listener)
    : options_(std::move(options)), provider_(provider), listener_(std::move(listener)) {
  lines_ = {options_.logs_topic, std::vector<std::int64_t>(options_.partitions), {}};
  samples_ = {options_.metrics_topic, std::vector<std::int64_t>(options_.partitions), {}};
}

Result<std::unique_ptr<SharedOutput>> SharedOutput::start(SharedOutputOptions options,
                                                          providers::local::LocalProvider& provider,
                                                          Listener listener) {
  std::unique_ptr<SharedOutput> shared(new SharedOutput(std::move(options), provider, std::move(listener)));
  HUB_TRY(shared->logs_, kafka::Publisher::open(shared->options_.brokers, shared->options_.logs_topic));
  HUB_TRY(shared->metrics_, kafka::Publisher::open(shared->options_.brokers, shared->options_.metrics_topic));
  shared->load_positions();
  HUB_TRY(shared->read(shared->lines_));
  HUB_TRY(shared->read(shared->samples_));
  // What was written while this node was not there.
  if (const auto all = provider.list())
    for (const auto& observed : all.value()) shared->grown(observed.id);
  shared->thread_ = std::thread([at = shared.get()] { at->work(); });
  pthread_setname_np(shared->thread_.native_handle(), "hub-share");
  return shared;
}

SharedOutput::~SharedOutput() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  // Their last reports come back here.
  logs_.reset();
  metrics_.reset();
  lines_.consumer.reset();
  samples_.consumer.reset();
  save_positions();
}

Result<void> SharedOutput::read(Reading& reading) {
  kafka::Consumer::Handler handler;
  handler.message = [this, &reading](const rd_kafka_message_t& message) { take(reading, message); };
  handler.reached_end = [](PartitionId, std::int64_t) {};
  handler.truncated = [](PartitionId) {};
  HUB_TRY(reading.consumer, kafka::Consumer::start(options_.brokers, reading.topic, reading.next, std::move(handler),
                                                   kafka::Consumer::Truncated::begin_with_what_is_kept));
  return success();
}

void SharedOutput::take(Reading& reading, const rd_kafka_message_t& message) {
  const std::lock_guard lock(keeping_);
  if (const auto told = told_by(message)) keep(*told);
  reading.next[static_cast<std::size_t>(message.partition)] = message.offset + 1;
}

void SharedOutput::keep(const Told& told) {
  const bool own = told.host == options_.host;
  const auto& id = told.deployment;
  std::visit(overloaded{[&](const std::vector<providers::LogLine>& lines) {
                          if (lines.empty()) return;
                          is_on_topic(id, lines.back().seq);
                          if (own) return;
                          const auto last = provider_.copies().keep_lines(id, lines);
                          if (last)
                            listener_.lines(id, last.value());
                          else
                            logging::write(logging::Level::warning, "a copy of output cannot be kept",
                                           {{"deployment", id}, {"why", last.error().detail}});
                        },
                        [&](const providers::MetricSample& sample) {
                          if (!own && provider_.copies().keep_sample(id, sample)) listener_.sample(id, sample);
                        },
                        [&](const Removed&) {
                          // It lies behind all lines, also those of our own that were read since it was sent.
                          forget(id);
                          if (!own) provider_.copies().drop(id);
                        }},
             told.content);
}

void SharedOutput::grown(const std::string& deployment) {
  {
    const std::lock_guard lock(mutex_);
    if (std::find(grown_.begin(), grown_.end(), deployment) != grown_.end()) return;
    sendings_.try_emplace(deployment);
    grown_.push_back(deployment);
  }
  wake_.notify_one();
}

void SharedOutput::sampled(const std::string& deployment, const providers::MetricSample& sample) {
  // One that is lost is lost: the next one comes soon.
  static_cast<void>(metrics_->publish(partition_of(deployment, options_.partitions),
                                      to_message({deployment, options_.host, sample}), {}));
}

/// Whoever sent them: a machine may be attached here now and have been at another node before.
void SharedOutput::is_on_topic(const std::string& deployment, std::uint64_t last_seq) {
  const std::lock_guard lock(mutex_);
  auto& sent = sendings_[deployment].sent;
  sent = std::max(sent, last_seq);
}

void SharedOutput::forget(const std::string& deployment) {
  const std::lock_guard lock(mutex_);
  sendings_.erase(deployment);
  std::erase(grown_, deployment);
}

void SharedOutput::removed(const std::string& deployment) {
  const std::lock_guard lock(mutex_);
  std::erase(grown_, deployment);
  const auto found = sendings_.find(deployment);
  if (found != sendings_.end() && found->second.under_way)
    found->second.removed = true;
  else
    tell_removed(deployment);
}

/// No line may come behind it: copies of what is removed would stay for ever. Needs the lock.
void SharedOutput::tell_removed(const std::string& deployment) {
  sendings_.erase(deployment);
  if (stopping_) return;
  static_cast<void>(logs_->publish(partition_of(deployment, options_.partitions),
                                   to_message({deployment, options_.host, Removed{}}),
                                   [this, deployment](log::Delivery delivery) {
                                     if (delivery != log::Delivery::there) removed(deployment);
                                   }));
}

void SharedOutput::work() {
  auto save_at = Clock::now() + kSavePositionsEvery;
  std::unique_lock lock(mutex_);
  while (true) {
    const bool any = wake_.wait_until(lock, save_at, [this] { return stopping_ || !grown_.empty(); });
    if (stopping_) return;
    std::string deployment;
    if (any) {
      deployment = std::move(grown_.front());
      grown_.pop_front();
    }
    lock.unlock();
    if (any) send_lines(deployment);
    if (Clock::now() >= save_at) {
      save_positions();
      save_at = Clock::now() + kSavePositionsEvery;
    }
    lock.lock();
  }
}

void SharedOutput::send_lines(const std::string& deployment) {
  providers::LogQuery query;
  query.limit = kLinesPerMessage;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sendings_.find(deployment);
    if (found == sendings_.end() || found->second.under_way || found->second.removed) return;
    query.after = found->second.sent;
  }
  auto page = provider_.logs(deployment, query);
  if (!page && page.error().kind == FailureKind::not_found) {
    // Told of late: it was removed.
    const std::lock_guard lock(mutex_);
    if (std::find(grown_.begin(), grown_.end(), deployment) == grown_.end()) sendings_.erase(deployment);
    return;
  }
  if (!page || page.value().lines.empty()) return;
  auto& lines = page.value().lines;
  lines.resize(lines_in_a_message(lines));
  const auto last = lines.back().seq;
  auto message = to_message({deployment, options_.host, std::move(lines)});
  {
    const std::lock_guard lock(mutex_);
    const auto found = sendings_.find(deployment);
    // It was removed meanwhile.
    if (found == sendings_.end() || found->second.removed) return;
    found->second.under_way = true;
    if (logs_->publish(partition_of(deployment, options_.partitions), std::move(message),
                       [this, deployment, last](log::Delivery delivery) { delivered(deployment, last, delivery); }))
      return;
  }
  delivered(deployment, last, log::Delivery::not_there);
}

void SharedOutput::delivered(const std::string& deployment, std::uint64_t last_seq, log::Delivery delivery) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = sendings_.find(deployment);
    if (found == sendings_.end()) return;
    auto& sending = found->second;
    if (sending.removed) return tell_removed(deployment);
    sending.under_way = false;
    // Else it is sent again: a reader knows what it has.
    if (delivery == log::Delivery::there) sending.sent = std::max(sending.sent, last_seq);
    if (stopping_) return;
  }
  grown(deployment);
}

void SharedOutput::load_positions() {
  std::ifstream file(options_.positions_file);
  std::string topic;
  std::size_t partition = 0;
  std::int64_t next = 0;
  while (file >> topic >> partition >> next) {
    if (is_id(topic)) sendings_[topic].sent = static_cast<std::uint64_t>(next);
    for (auto* reading : {&lines_, &samples_})
      if (reading->topic == topic && partition < reading->next.size() && next >= 0) reading->next[partition] = next;
  }
}

/// Not synced: what is read again is known again.
void SharedOutput::save_positions() {
  const auto fresh = options_.positions_file.string() + ".new";
  {
    const std::lock_guard lock(keeping_);
    std::ofstream file(fresh, std::ios::trunc);
    for (const auto* reading : {&lines_, &samples_})
      for (std::size_t partition = 0; partition < reading->next.size(); ++partition)
        file << reading->topic << ' ' << partition << ' ' << reading->next[partition] << '\n';
    const std::lock_guard sending(mutex_);
    for (const auto& [deployment, state] : sendings_) file << deployment << " 0 " << state.sent << '\n';
  }
  std::error_code error;
  std::filesystem::rename(fresh, options_.positions_file, error);
}

}  // namespace hub::telemetry
